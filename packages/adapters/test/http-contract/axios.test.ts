import { describeHttpContract, type HttpCall } from '@evergrant/testing'
import axios, { isCancel, type ResponseType } from 'axios'
import { describe, it } from 'vitest'
import { bearer } from '../../src/axios.ts'
import { answerOf } from './fetch-answer.ts'

function config({ method, url, headers, body, signal, timeLimit }: HttpCall, responseType: ResponseType) {
  return {
    method,
    url,
    responseType,
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(body === undefined ? {} : { data: body }),
    ...(signal === undefined ? {} : { signal }),
    ...(timeLimit === undefined ? {} : { timeout: timeLimit }),
  }
}

describeHttpContract(
  '/axios',
  {
    client(session, options) {
      const api = axios.create(bearer(session, options))
      return {
        async call(request) {
          const { status, headers, data } = await api
            .request<ReadableStream>(config(request, 'stream'))
            .catch((error: unknown) => {
              if (axios.isAxiosError(error) && error.response !== undefined) return error.response
              throw error
            })
          const body = status === 204 ? null : (data as ReadableStream | null)
          return answerOf(new Response(body, { status, headers: headers as Record<string, string> }))
        },
        raw: (request) => api.request(config(request, 'text')),
      }
    },
    // axios rejects with its CanceledError, which has the message of the reason.
    abilities: { isAbort: isCancel },
  },
  { describe, it },
)
