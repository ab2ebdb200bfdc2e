import { bearerFetch } from '@evergrant/adapters/fetch'
import { bearer } from '@evergrant/adapters/ky'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { describeCanaries } from '@evergrant/testing'
import ky from 'ky'
import { describe, it, vi } from 'vitest'

// A walk takes a few hundred milliseconds, and many times that on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

describeCanaries(
  'tastytrade, with ky and with fetch',
  {
    provider: ({ fetch, baseUrl }) => tastytrade({ fetch, baseUrl }),
    clients: {
      ky: (session, { fetch }) => {
        const api = ky.extend(bearer(session, { fetch })).extend({ retry: 0 })
        return (url, init) => api(url, init).json()
      },
      fetch: (session, { fetch }) => bearerFetch(session, { fetch }),
    },
  },
  { describe, it },
)
