import {
  isTokenRequestFailed,
  judge,
  sealCredentials,
  tokenRequestError,
  type TokenRequestFailure,
} from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import type { FetchFunction } from '../src/http/fetch-function.ts'
import { tastytrade } from '../src/tastytrade.ts'
import { loopback } from './support/loopback.ts'
import { scriptedFetch } from './support/scripted-fetch.ts'

const CREDENTIALS = sealCredentials({ clientSecret: 'made-up-secret', refreshToken: 'made.up.refresh' })

async function failureOf(fetch: FetchFunction): Promise<TokenRequestFailure> {
  const { signal } = new AbortController()
  const error: unknown = await tastytrade({ fetch })
    .requestToken(CREDENTIALS, { signal })
    .catch((thrown: unknown) => thrown)
  if (!isTokenRequestFailed(error)) throw new Error(`No token-request-failed: ${String(error)}`)
  return error.details.failure
}

/** As undici throws it: the code is on the cause. */
function fetchFailed(code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(`connect ${code}`), { code }) })
}

describe('P9 a request without an answer', () => {
  it.for(['ECONNRESET', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CERT_HAS_EXPIRED', 'UND_ERR_SOCKET'])(
    'is the network: %s',
    async (code) => {
      const failure = await failureOf(() => Promise.reject(fetchFailed(code)))
      expect(failure).toEqual({ kind: 'network', description: code })
      expect(judge(failure)).toEqual({ kind: 'transient' })
    },
  )

  it.for(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'])(
    'is a time-out, the sign of an address block: %s',
    async (code) => {
      const failure = await failureOf(() => Promise.reject(fetchFailed(code)))
      expect(failure).toEqual({ kind: 'timeout', description: code })
      expect(judge(failure)).toEqual({ kind: 'unanswered' })
    },
  )

  it('is a time-out when a custom fetch gives up by itself', async () => {
    const failure = await failureOf(() => Promise.reject(new DOMException('too slow', 'TimeoutError')))
    expect(failure).toEqual({ kind: 'timeout', description: 'TimeoutError' })
  })

  it('is the network for a browser, which gives no code', async () => {
    const failure = await failureOf(() => Promise.reject(new TypeError('Failed to fetch')))
    expect(failure).toEqual({ kind: 'network', description: 'TypeError' })
  })

  it('is the network for a client that throws a code of its own', async () => {
    const failure = await failureOf(() => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' })))
    expect(failure).toEqual({ kind: 'network', description: 'ECONNRESET' })
  })

  it.for([
    [new RangeError('a fault in a custom fetch'), 'RangeError'],
    [Object.assign(new TypeError('bad argument'), { code: 'ERR_INVALID_ARG_TYPE' }), 'ERR_INVALID_ARG_TYPE'],
    ['a text', 'Error'],
    [undefined, 'Error'],
  ] as const)('is unknown: %s', async ([thrown, description]) => {
    expect(await failureOf(() => Promise.reject(thrown as Error))).toEqual({ kind: 'unknown', description })
  })

  it('is unknown when a custom fetch throws at once', async () => {
    const thrower: FetchFunction = () => {
      throw new RangeError('at once')
    }
    expect(await failureOf(thrower)).toEqual({ kind: 'unknown', description: 'RangeError' })
  })

  it('is the network when the server hangs up, and malformed when it hangs up in the middle', async () => {
    await using hangsUp = await loopback((_, response) => response.destroy())
    expect(await failureOf((request, init) => globalThis.fetch(atServer(request, hangsUp.url), init))).toMatchObject({
      kind: 'network',
    })
    await using stops = await loopback((_, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"access_token":', () => response.destroy())
    })
    expect(await failureOf((request, init) => globalThis.fetch(atServer(request, stops.url), init))).toMatchObject({
      kind: 'malformed',
      status: 200,
    })
  })
})

function atServer(input: Parameters<FetchFunction>[0], url: string): Request {
  if (!(input instanceof Request)) throw new TypeError('ky gives a Request')
  return new Request(`${url}/oauth/token`, input)
}

describe('P12 an abort', () => {
  const never = scriptedFetch(() => new Promise(() => undefined))

  async function abortedWith(reason: unknown): Promise<unknown> {
    const controller = new AbortController()
    const answer = tastytrade({ fetch: never.fetch }).requestToken(CREDENTIALS, { signal: controller.signal })
    controller.abort(reason)
    return answer.catch((thrown: unknown) => thrown)
  }

  it('gives back its reason', async () => {
    const reason = new Error('signed out')
    expect(await abortedWith(reason)).toBe(reason)
    expect(await abortedWith('a text')).toBe('a text')
    expect(await abortedWith(undefined)).toHaveProperty('name', 'AbortError')
    const silence = tokenRequestError({ kind: 'timeout' })
    expect(await abortedWith(silence)).toBe(silence)
  })

  it('is a time-out if the reason is one', async () => {
    const error = await abortedWith(new DOMException('late', 'TimeoutError'))
    expect(error).toMatchObject({ code: 'token-request-failed', details: { failure: { kind: 'timeout' } } })
  })

  it('before the request sends nothing', async () => {
    const reason = new Error('too late')
    await using server = await loopback((_, response) => response.end())
    const provider = tastytrade({ baseUrl: server.url })
    const signal = AbortSignal.abort(reason)
    await expect(provider.requestToken(CREDENTIALS, { signal })).rejects.toBe(reason)
    await expect(provider.probe({ signal })).rejects.toBe(reason)
    expect(server.received).toHaveLength(0)
  })

  it('in the middle of a body gives its reason, not a broken answer', async () => {
    const reason = new Error('enough')
    const controller = new AbortController()
    // Nothing is pulled before the answer is there and somebody reads.
    const body = new ReadableStream(
      {
        pull(stream) {
          controller.abort(reason)
          stream.error(new TypeError('terminated'))
        },
      },
      { highWaterMark: 0 },
    )
    const provider = tastytrade({ fetch: scriptedFetch(() => new Response(body)).fetch })
    await expect(provider.requestToken(CREDENTIALS, { signal: controller.signal })).rejects.toBe(reason)
  })

  it('ends a body that never ends', async () => {
    const reason = new Error('enough')
    const controller = new AbortController()
    await using server = await loopback((_, response) => {
      response.writeHead(200)
      response.write('{"access_token":', () => controller.abort(reason))
    })
    const answer = tastytrade({ baseUrl: server.url }).requestToken(CREDENTIALS, { signal: controller.signal })
    await expect(answer).rejects.toBe(reason)
  })
})
