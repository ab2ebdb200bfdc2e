import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Io } from '../io.ts'
import { usage } from '../output/command-error.ts'

/** What `evergrant curl` takes, by the names of curl. */
export interface RequestFlags {
  readonly request?: string
  readonly header?: readonly string[]
  readonly data?: readonly string[]
}

/** Absolute as it is; anything else lies below the base URL of the API. Throws `usage`. */
export function targetUrl(text: string, apiBaseUrl: string): string {
  const absolute = /^[a-z][a-z\d+.-]*:/i.test(text) || text.startsWith('//')
  const url = absolute ? URL.parse(text, apiBaseUrl) : URL.parse(text.replace(/^\/+/, ''), `${apiBaseUrl}/`)
  if (url !== null) return url.href
  throw usage(`${JSON.stringify(text)} is no URL`, 'Write a path such as /customers/me, or a whole URL.')
}

/** Throws `usage` for a line that is no header. */
export function readHeaders(lines: readonly string[] = []): Headers {
  const headers = new Headers()
  for (const line of lines) {
    const colon = line.indexOf(':')
    try {
      headers.append(line.slice(0, Math.max(0, colon)).trim(), line.slice(colon + 1).trim())
    } catch {
      // Neither the line nor the error of Headers, which quotes it: a header may hold a secret.
      throw usage('A header cannot be read', 'Write it like --header "Accept: application/json".')
    }
  }
  return headers
}

/** The parts joined by `&`, as curl does; one that begins with `@` names a file, or `@-` the standard input. */
export async function readBody(
  parts: readonly string[] | undefined,
  io: Io,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (parts === undefined) return undefined
  const bytes: Uint8Array[] = []
  for (const part of parts) {
    if (bytes.length > 0) bytes.push(Buffer.from('&'))
    bytes.push(part.startsWith('@') ? await readData(part.slice(1), io) : Buffer.from(part))
  }
  return Uint8Array.from(Buffer.concat(bytes))
}

async function readData(name: string, io: Io): Promise<Uint8Array> {
  if (name === '-') return buffer(io.stdin as NodeJS.ReadableStream)
  try {
    return await readFile(resolve(io.cwd, name), { signal: io.interrupts.signal })
  } catch (error) {
    io.interrupts.signal.throwIfAborted()
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    throw usage(`Cannot read ${name} (${code})`, 'Name a file that can be read, or @- for the standard input.')
  }
}

/** JSON where it is JSON, which the API takes; else a form, as curl says. */
export function contentTypeOf(body: Uint8Array): string {
  try {
    JSON.parse(Buffer.from(body).toString())
    return 'application/json'
  } catch {
    return 'application/x-www-form-urlencoded'
  }
}
