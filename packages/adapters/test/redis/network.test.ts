import { describeNetworkStore } from '../network-store/describe-network-store.ts'
import { createRedisPlace } from './place.ts'

describeNetworkStore('redisStore', createRedisPlace)
