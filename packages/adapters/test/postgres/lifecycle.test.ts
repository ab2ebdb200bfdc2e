import { testLifecycle } from '@evergrant/testing'
import { afterAll, describe, it, vi } from 'vitest'
import { tastytrade } from '../../src/tastytrade.ts'
import { livesOf } from '../support/lives.ts'
import { postgresPlace } from './place.ts'
import { inNoTime, timeless } from './standing-time.ts'

vi.setConfig({ testTimeout: 120_000 })

const place = postgresPlace()
afterAll(() => place[Symbol.asyncDispose]())
testLifecycle({
  name: 'tastytrade in PostgreSQL',
  provider: ({ fetch, baseUrl }) => tastytrade({ fetch, baseUrl }),
  store: (clock) =>
    timeless(place.open({ pool: inNoTime(place.pool, clock), tablePrefix: place.freshPrefix(), clock })),
  paths: livesOf('store', 'postgres'),
  describe,
  it: it.concurrent,
})
