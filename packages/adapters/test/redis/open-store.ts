import { redisStore } from '../../src/redis.ts'
import type { OpenStore } from '../network-store/place.ts'

export interface RedisOpening {
  readonly [option: string]: string
  readonly url: string
  readonly prefix: string
}

export const openStore: OpenStore = (connection, options) => redisStore({ ...(connection as RedisOpening), ...options })
