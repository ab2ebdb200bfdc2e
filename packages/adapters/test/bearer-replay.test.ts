import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { bearerFetch, type BearerOptions } from '../src/fetch.ts'
import { fakeSession } from './support/fake-session.ts'
import { json, refusal, scriptedFetch } from './support/scripted-fetch.ts'

const URL_OF_IT = 'https://api.example.com/thing'

interface Outcome {
  readonly status: number
  readonly bodies: readonly string[]
  readonly reports: readonly number[]
}

async function refusedOnce(input: string | Request, init?: RequestInit, options?: BearerOptions): Promise<Outcome> {
  const session = fakeSession()
  const script = scriptedFetch((_, count) => (count === 1 ? refusal() : json({})))
  const { status } = await bearerFetch(session, { ...options, fetch: script.fetch })(input, init)
  return { status, bodies: script.bodies, reports: session.reports }
}

function stream(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream()
}

function form(): FormData {
  const fields = new FormData()
  fields.set('a', '1')
  fields.set('file', new Blob(['content']), 'name.txt')
  return fields
}

describe('P10 a replay', () => {
  it.for(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'get', 'delete'])('is made of %s', async (method) => {
    expect(await refusedOnce(URL_OF_IT, { method })).toMatchObject({ status: 200, reports: [1] })
    expect(await refusedOnce(new Request(URL_OF_IT, { method }))).toMatchObject({ status: 200, reports: [1] })
  })

  it.for(['POST', 'PATCH', 'PROPFIND', 'post'])('is not made of %s, while the token is renewed', async (method) => {
    for (const outcome of [
      await refusedOnce(URL_OF_IT, { method, body: 'order' }),
      await refusedOnce(new Request(URL_OF_IT, { method, body: 'order' })),
      await refusedOnce(new Request(URL_OF_IT), { method }),
    ]) {
      expect(outcome).toMatchObject({ status: 401, reports: [1] })
      expect(outcome.bodies).toHaveLength(1)
    }
  })

  it('is made of anything on demand, and of nothing', async () => {
    expect(await refusedOnce(URL_OF_IT, { method: 'POST', body: 'a' }, { replay: 'always' })).toEqual({
      status: 200,
      bodies: ['a', 'a'],
      reports: [1],
    })
    expect(await refusedOnce(URL_OF_IT, {}, { replay: 'never' })).toEqual({ status: 401, bodies: [''], reports: [1] })
  })

  it('is made of what a function picks', async () => {
    const asked: unknown[] = []
    const replay: BearerOptions['replay'] = (request) => {
      asked.push(request)
      return request.url.endsWith('thing')
    }
    expect(await refusedOnce(URL_OF_IT, { method: 'put', body: 'a' }, { replay })).toMatchObject({ status: 200 })
    expect(await refusedOnce(`${URL_OF_IT}/2`, {}, { replay })).toMatchObject({ status: 401 })
    expect(asked).toEqual([
      { method: 'PUT', url: URL_OF_IT },
      { method: 'GET', url: `${URL_OF_IT}/2` },
    ])
  })

  const lasting: Readonly<Record<string, () => BodyInit>> = {
    'a text': () => 'content',
    'an empty text': () => '',
    'a form': () => new URLSearchParams({ a: '1' }),
    'a multipart form': form,
    'a blob': () => new Blob(['content']),
    'a buffer': () => new TextEncoder().encode('content').buffer,
    'a view': () => new TextEncoder().encode('content'),
  }
  it.for(Object.entries(lasting))('sends %s again whole', async ([, body]) => {
    for (const outcome of [
      await refusedOnce(URL_OF_IT, { method: 'PUT', body: body() }),
      await refusedOnce(new Request(URL_OF_IT, { method: 'PUT', body: body() })),
      await refusedOnce(new Request(URL_OF_IT, { method: 'PUT', body: 'other' }), { body: body() }),
    ]) {
      expect(outcome.status).toBe(200)
      const [first, second] = outcome.bodies.map((sent) => sent.replaceAll(/----formdata[\w-]+/g, 'boundary'))
      expect(second).toBe(first)
      expect(await new Response(body()).text()).toHaveLength(outcome.bodies[1]?.length ?? -1)
    }
  })

  const once: Readonly<Record<string, () => BodyInit>> = {
    'a stream': () => stream('content'),
    'a stream of Node': () => Readable.from([Buffer.from('content')]) as unknown as BodyInit,
  }
  it.for(Object.entries(once))('is never made of %s', async ([, body]) => {
    const outcome = await refusedOnce(URL_OF_IT, { method: 'PUT', body: body(), duplex: 'half' } as RequestInit, {
      replay: 'always',
    })
    expect(outcome).toEqual({ status: 401, bodies: ['content'], reports: [1] })
  })

  it('is never made of a stream that takes the place of another body', async () => {
    const request = new Request(URL_OF_IT, { method: 'PUT', body: 'other' })
    const init = { body: stream('content'), duplex: 'half' } as RequestInit
    expect(await refusedOnce(request, init)).toEqual({ status: 401, bodies: ['content'], reports: [1] })
  })

  it('is never made of a body that no copy was made of, because the rule said no at first', async () => {
    const request = new Request(URL_OF_IT, { method: 'PUT', body: 'content' })
    let asked = 0
    expect(await refusedOnce(request, undefined, { replay: () => asked++ > 0 })).toMatchObject({
      status: 401,
      bodies: ['content'],
    })
  })

  it('of a Request sends a copy of its body, wherever that came from', async () => {
    const request = new Request(URL_OF_IT, { method: 'PUT', body: stream('content'), duplex: 'half' } as RequestInit)
    expect(await refusedOnce(request)).toMatchObject({ status: 200, bodies: ['content', 'content'] })
  })

  it('that is not needed keeps no copy of the body', async () => {
    const copies: Request[] = []
    class Watched extends Request {
      override clone(): Request {
        const copy = super.clone()
        copies.push(copy)
        return copy
      }
    }
    for (const answer of [() => json({}), () => json({}, 500), () => Promise.reject(new TypeError('fetch failed'))]) {
      const call = bearerFetch(fakeSession(), { fetch: scriptedFetch(answer).fetch })
      await call(new Watched(URL_OF_IT, { method: 'PUT', body: 'content' })).catch(() => undefined)
      const copy = copies.pop()
      // A body counts as used once it is cancelled; fetch itself never touches the copy here.
      expect(copy?.bodyUsed).toBe(true)
    }
    const never = bearerFetch(fakeSession(), { fetch: scriptedFetch(() => json({})).fetch, replay: 'never' })
    await never(new Watched(URL_OF_IT, { method: 'PUT', body: 'content' }))
    await never(new Watched(URL_OF_IT))
    expect(copies).toHaveLength(0)
  })

  it('is not thought of for a used request, which fails as with fetch', async () => {
    const request = new Request(URL_OF_IT, { method: 'PUT', body: 'content' })
    await request.text()
    await expect(refusedOnce(request)).rejects.toThrow(TypeError)
  })
})
