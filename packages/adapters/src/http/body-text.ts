import { failureName } from './failure-name.ts'

/** A body, read to its end or not. */
export type BodyText =
  | { readonly complete: true; readonly text: string }
  | { readonly complete: false; readonly why: string }

/**
 * Reads at most `maxBytes` of a body and cancels the rest. A body that breaks off is a fact about the answer, like one
 * that is too large: neither rejects. Only an abort of `signal` does, with its reason.
 */
export async function readBodyText(response: Response, maxBytes: number, signal: AbortSignal): Promise<BodyText> {
  try {
    return await readCapped(response, maxBytes)
  } catch (error) {
    signal.throwIfAborted()
    return { complete: false, why: `the answer broke off (${failureName(error)})` }
  }
}

async function readCapped(response: Response, maxBytes: number): Promise<BodyText> {
  const tooLarge: BodyText = { complete: false, why: `the answer is larger than ${maxBytes} bytes` }
  // Some runtimes give no stream; there the size can only be looked at afterwards.
  if (!response.body) {
    const text = await response.text()
    return text.length > maxBytes ? tooLarge : { complete: true, text }
  }

  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { complete: true, text: text + decoder.decode() }
    bytes += value.byteLength
    if (bytes > maxBytes) {
      reader.cancel().catch(() => undefined)
      return tooLarge
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** Undefined for what is not JSON, or not whole. */
export function jsonOf(body: BodyText): unknown {
  if (!body.complete) return undefined
  try {
    return JSON.parse(body.text)
  } catch {
    return undefined
  }
}

/** Gives up a body that nobody reads, so that its connection is freed. Never rejects, whoever has locked it. */
export function discardBody(message: Request | Response): void {
  message.body?.cancel().catch(() => undefined)
}
