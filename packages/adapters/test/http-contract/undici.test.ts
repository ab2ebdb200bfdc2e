import type { TokenSession } from '@evergrant/core'
import { describeHttpContract, type HttpCall, type HttpClientOptions } from '@evergrant/testing'
import {
  Agent,
  FormData as UndiciFormData,
  fetch as undiciFetch,
  getGlobalDispatcher,
  interceptors,
  setGlobalDispatcher,
  type Dispatcher,
} from 'undici'
import { describe, it } from 'vitest'
import { bearer } from '../../src/undici.ts'
import { answerOf, initOf } from './fetch-answer.ts'

// Right for what every request of a program passes through; and the time limit of undici is a signal.
const abilities = { foreign: 'bare', timeLimit: false } as const

function requestOptions({ url, method, headers, body, signal }: HttpCall) {
  const { pathname, search, origin } = new URL(url)
  const form = body instanceof URLSearchParams ? { 'content-type': 'application/x-www-form-urlencoded' } : {}
  return {
    origin,
    path: `${pathname}${search}`,
    method,
    headers: { ...form, ...headers },
    ...(body === undefined ? {} : { body: bodyOf(body) as NonNullable<Dispatcher.DispatchOptions['body']> }),
    ...(signal === undefined ? {} : { signal }),
  }
}

function bodyOf(body: NonNullable<HttpCall['body']>): unknown {
  if (body instanceof URLSearchParams) return body.toString()
  if (!(body instanceof FormData)) return body
  const form = new UndiciFormData()
  for (const [name, value] of body) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, value, value.name)
  }
  return form
}

function requestClient(dispatcher: Dispatcher, agent: Agent) {
  return {
    async call(request: HttpCall) {
      const { statusCode: status, headers, body } = await dispatcher.request(requestOptions(request))
      return {
        status,
        headers: { get: (name: string) => String(headers[name] ?? '') },
        text: () => body.text(),
        async *chunks() {
          for await (const chunk of body) yield chunk as Uint8Array
        },
      }
    },
    async raw(request: HttpCall) {
      const answer = await dispatcher.request(requestOptions(request))
      return { answer, text: await answer.body.text() }
    },
    dispose: () => agent.destroy(),
  }
}

describeHttpContract(
  '/undici, by request()',
  {
    client(session: TokenSession, options: HttpClientOptions) {
      const agent = new Agent()
      return requestClient(agent.compose(bearer(session, options)), agent)
    },
    abilities: { ...abilities, redirects: false },
  },
  { describe, it },
)

describeHttpContract(
  '/undici, by request() with redirects',
  {
    client(session, options) {
      const agent = new Agent()
      return requestClient(
        agent.compose(bearer(session, options), interceptors.redirect({ maxRedirections: 5 })),
        agent,
      )
    },
    abilities,
  },
  { describe, it },
)

describeHttpContract(
  '/undici, by its fetch()',
  {
    client(session, options) {
      const agent = new Agent()
      const dispatcher = agent.compose(bearer(session, options))
      const call = async (request: HttpCall): Promise<Response> => {
        const init = { ...initOf(request), ...('body' in request ? { body: bodyOf(request.body) } : {}), dispatcher }
        return (await undiciFetch(request.url, init as never)) as unknown as Response
      }
      return { call: async (request) => answerOf(await call(request)), raw: call, dispose: () => agent.destroy() }
    },
    abilities,
  },
  { describe, it },
)

describeHttpContract(
  '/undici, by the global fetch()',
  {
    client(session, options) {
      const former = getGlobalDispatcher()
      const agent = new Agent()
      setGlobalDispatcher(agent.compose(bearer(session, options)))
      const call = (request: HttpCall): Promise<Response> => fetch(request.url, initOf(request))
      return {
        call: async (request) => answerOf(await call(request)),
        raw: call,
        async dispose() {
          setGlobalDispatcher(former)
          await agent.destroy()
        },
      }
    },
    abilities,
  },
  { describe, it },
)
