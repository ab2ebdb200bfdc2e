import { describeHttpContract, type HttpCall } from '@evergrant/testing'
import ky from 'ky'
import { describe, it } from 'vitest'
import { bearer } from '../../src/ky.ts'
import { answerOf, initOf } from './fetch-answer.ts'

function kyOptions(request: HttpCall) {
  return { ...initOf(request), retry: 0, timeout: request.timeLimit ?? (false as const) }
}

describeHttpContract(
  '/ky',
  {
    client(session, options) {
      const api = ky.extend(bearer(session, options))
      return {
        call: async (request) => answerOf(await api(request.url, { ...kyOptions(request), throwHttpErrors: false })),
        raw: (request) => api(request.url, kyOptions(request)).text(),
      }
    },
    // ky makes a Request of everything.
    abilities: { streams: 'copied' },
  },
  { describe, it },
)
