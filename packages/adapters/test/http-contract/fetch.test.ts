import { describeHttpContract } from '@evergrant/testing'
import { describe, it } from 'vitest'
import { bearerFetch } from '../../src/fetch.ts'
import { answerOf, initOf } from './fetch-answer.ts'

describeHttpContract(
  '/fetch',
  {
    client(session, options) {
      const call = bearerFetch(session, options)
      return {
        call: async (request) => answerOf(await call(request.url, initOf(request))),
        raw: (request) => call(request.url, initOf(request)),
      }
    },
    // The time limit of fetch is a signal.
    abilities: { timeLimit: false },
  },
  { describe, it },
)

describeHttpContract(
  '/fetch, with a Request',
  {
    client(session, options) {
      const call = bearerFetch(session, options)
      return { call: async (request) => answerOf(await call(new Request(request.url, initOf(request)))) }
    },
    // A Request does not say what its body was made from.
    abilities: { timeLimit: false, streams: 'copied' },
  },
  { describe, it },
)
