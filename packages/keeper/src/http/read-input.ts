import type { z } from '@hono/zod-openapi'
import { Problem } from './problem.ts'

/** The query as its schema makes it. A parameter that comes twice is refused: nobody is to guess which counts. */
export function readQuery<Schema extends z.ZodObject>(schema: Schema, url: string): z.output<Schema> {
  const at = url.indexOf('?')
  const values: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(at < 0 ? '' : url.slice(at + 1))) {
    if (Object.hasOwn(values, name)) throw invalid(`${describe(name)} comes twice`)
    if (Object.hasOwn(schema.shape, name)) values[name] = value
  }
  return parse(schema, values)
}

/** The JSON body as its schema makes it. */
export async function readBody<Schema extends z.ZodObject>(
  schema: Schema,
  request: Request,
  most: number,
): Promise<z.output<Schema>> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) throw invalid('The body is not application/json')
  const bytes = await readBytes(request, most)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    // Its own message quotes the text.
    throw invalid('The body is not JSON')
  }
  return parse(schema, json)
}

/** Reads a body, and no more of it than may be. */
export async function readBytes(request: Request, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > most) throw tooLarge(most)
  const { body } = request
  if (body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.byteLength
      if (size > most) throw tooLarge(most)
      chunks.push(next.value)
    }
  } catch (error) {
    if (error instanceof Problem) await reader.cancel().catch(() => undefined)
    throw error instanceof Problem ? error : new Problem('request-cancelled', { detail: 'The body ended early' })
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

function parse<Schema extends z.ZodObject>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  // The names alone: what zod says of a value may quote it, and it may be a secret.
  const names = new Set(parsed.error.issues.map(({ path }) => describe(String(path[0] ?? 'the whole'))))
  throw invalid(`Not as it should be: ${[...names].slice(0, 5).join(', ')}`)
}

/** A name that the caller sent is repeated only where it is one that could be ours. */
function describe(name: string): string {
  return /^[a-z_ ]{1,32}$/.test(name) ? name : 'a member with another name'
}

function invalid(detail: string): Problem {
  return new Problem('invalid-request', { detail })
}

function tooLarge(most: number): Problem {
  return new Problem('body-too-large', { detail: `The body may have ${most} bytes` })
}
