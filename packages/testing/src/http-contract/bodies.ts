import { deepStrictEqual, equal, ok } from 'node:assert/strict'
import { guarded } from './answers.ts'
import type { HttpCase } from './cases.ts'
import type { HttpBody } from './subject.ts'

const LARGE = 256 * 1024

function form(): FormData {
  const fields = new FormData()
  fields.set('a', '1 & 2')
  fields.set('file', new Blob(['content']), 'name.txt')
  return fields
}

const LASTING: Readonly<Record<string, () => HttpBody>> = {
  'a text': () => 'ä text',
  'a large text': () => 'x'.repeat(LARGE),
  bytes: () => Uint8Array.from({ length: 1_000 }, (_, index) => index % 256),
  'a form': () => new URLSearchParams({ a: '1 & 2', b: 'ü' }),
  'a form with a file': form,
}

function streamOf(...parts: readonly string[]): ReadableStream<Uint8Array> {
  const left = parts.map((part) => new TextEncoder().encode(part))
  return new ReadableStream(
    {
      pull(controller) {
        const next = left.shift()
        if (next === undefined) controller.close()
        else controller.enqueue(next)
      },
    },
    { highWaterMark: 0 },
  )
}

/** What becomes of bodies, on their way there and back. */
export function describeBodies(test: HttpCase): void {
  for (const [name, body] of Object.entries(LASTING)) {
    test(`P10 ${name} is sent whole, and whole again after a refusal`, async (rig) => {
      const { api, desk, call } = rig
      rig.answer = guarded((token) => token === desk.issued[0])
      equal((await call({ method: 'PUT', body: body() })).status, 200)
      const [first, second] = api.arrived.map(({ headers, body: sent }) => ({
        type: withoutBoundary(headers['content-type'] ?? ''),
        sent: withoutBoundary(sent.toString('latin1')),
      }))
      equal(api.arrived.length, 2)
      deepStrictEqual(second, first)
      const expected = Buffer.from(await new Response(body()).arrayBuffer()).toString('latin1')
      equal(second?.sent, withoutBoundary(expected))
    })
  }

  test('P10 a stream is sent once, or from a copy, but never in parts', async (rig) => {
    const { abilities, api, desk, call, until } = rig
    rig.answer = guarded((token) => token === desk.issued[0])
    const { status } = await call({ method: 'PUT', body: streamOf('one', ' and ', 'another') })
    await until('a refresh', () => desk.requests.length === 2)
    const sent = api.arrived.map(({ body }) => body.toString())
    if (abilities.streams === 'once') deepStrictEqual([status, sent], [401, ['one and another']])
    else deepStrictEqual([status, sent], [200, ['one and another', 'one and another']])
  })

  test('P10 a stream under a method that must not be repeated is sent once, and the session is told', async (rig) => {
    const { api, desk, call, until } = rig
    rig.answer = guarded((token) => token === desk.issued[0])
    const answer = await call({ method: 'POST', body: streamOf('one', ' and ', 'another') })
    equal(answer.status, 401)
    ok((await answer.text()).includes('unauthorized'), 'the answer can be read')
    await until('a refresh', () => desk.requests.length === 2)
    deepStrictEqual(
      api.arrived.map(({ body }) => body.toString()),
      ['one and another'],
    )
  })

  test('a large answer is handed over while it comes in', async (rig) => {
    const { call, soon } = rig
    let finish = (): void => undefined
    rig.answer = ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('the beginning,')
      finish = () => void response.end(`${'x'.repeat(LARGE)} the end`)
    }
    const answer = await call({})
    const decoder = new TextDecoder()
    let text = ''
    await soon(
      'the rest of an answer whose beginning was read',
      (async () => {
        for await (const chunk of answer.chunks()) {
          if (text === '') finish()
          text += decoder.decode(chunk, { stream: true })
        }
      })(),
    )
    equal(text, `the beginning,${'x'.repeat(LARGE)} the end`)
  })

  test('a large answer that is read at leisure comes in whole', async (rig) => {
    const { call } = rig
    const whole = Array.from({ length: 64 }, (_, index) => String.fromCharCode(65 + (index % 26)).repeat(LARGE / 4))
    rig.answer = ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      for (const part of whole) response.write(part)
      response.end()
    }
    const answer = await call({})
    const chunks: Uint8Array[] = []
    for await (const chunk of answer.chunks()) {
      chunks.push(chunk)
      await new Promise(setImmediate)
    }
    ok(Buffer.concat(chunks).equals(Buffer.from(whole.join(''))), 'byte for byte')
  })
}

function withoutBoundary(text: string): string {
  return text.replaceAll(/-{2,}[\w-]*form[\w-]*/gi, 'boundary').replaceAll(/boundary=[\w-]+/g, 'boundary')
}
