import { describeCanaries } from '@evergrant/testing'
import axios from 'axios'
import { describe, it, vi } from 'vitest'
import { bearer } from '../src/axios.ts'
import { clientPaths } from './canaries/shares.ts'

// A walk takes a few hundred milliseconds, and many times that on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

describeCanaries(
  'axios',
  {
    clients: {
      axios(session, { fetch }) {
        const api = axios.create(bearer(session, { fetch }))
        return (url, { method = 'GET', headers, body = null, signal = null }) =>
          api.request<unknown>({
            url,
            method,
            headers: Object.fromEntries(new Headers(headers)),
            data: body,
            ...(signal === null ? {} : { signal }),
          })
      },
    },
  },
  clientPaths({ describe, it }),
)
