import type { Clock } from '@evergrant/core'
import { lifecyclePaths, testLifecycle } from '@evergrant/testing'
import { afterAll, describe, it, vi } from 'vitest'
import { fakeLifecycleServer } from '../../../testing/src/lifecycle/fake-server.ts'
import { tastytrade } from '../../src/tastytrade.ts'
import { postgresPlace } from './place.ts'
import { inNoTime, timeless } from './standing-time.ts'

vi.setConfig({ testTimeout: 120_000 })

const place = postgresPlace()
afterAll(() => place[Symbol.asyncDispose]())
let clock: Clock

testLifecycle({
  name: 'tastytrade in PostgreSQL',
  provider: ({ fetch, baseUrl }) => tastytrade({ fetch, baseUrl }),
  server: (c) => {
    clock = c
    return fakeLifecycleServer(c)
  },
  store: () => timeless(place.open({ pool: inNoTime(place.pool, clock), tablePrefix: place.freshPrefix(), clock })),
  paths: lifecyclePaths({ by: 'state' }),
  describe,
  it: it.concurrent,
})
