import { STATUS_CODES } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { Io, Output } from '../io.ts'
import { writeJson } from '../output/write-json.ts'
import { Interrupted } from '../terminal/interrupts.ts'

export interface AnswerView {
  readonly json: boolean
  /** True puts status and headers before the body. */
  readonly include: boolean
}

const NEWLINE = 0x0a

/** The body as it comes, however long it is. */
export async function printAnswer(response: Response, { json, include }: AnswerView, io: Io): Promise<void> {
  const { status, statusText, headers } = response
  if (json) {
    writeJson(io.stdout, { status, headers: Object.fromEntries(headers), body: parse(await response.text()) })
    return
  }
  if (include) {
    const lines = [...headers].map(([name, value]) => `${name}: ${value}\n`)
    io.stdout.write(`HTTP ${status} ${statusText || STATUS_CODES[status] || ''}`.trimEnd() + `\n${lines.join('')}\n`)
  }
  if (response.body !== null)
    await copy(Readable.fromWeb(response.body as ReadableStream), io.stdout, io.interrupts.signal)
}

async function copy(body: Readable, output: Output, signal: AbortSignal): Promise<void> {
  let last = NEWLINE
  body.on('data', (chunk: Uint8Array) => (last = chunk.at(-1) ?? last))
  try {
    await pipeline(body, output, { end: false, signal })
    // A terminal would put its prompt behind a line without an end, and npx wipes such a line away.
    if (output.isTTY === true && last !== NEWLINE) output.write('\n')
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EPIPE' ? new Interrupted('SIGPIPE') : error
  }
}

/** JSON as such, anything else as a text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
