import { inspect } from 'node:util'

/** Everything that a log, a debugger or an error reporter could show of a value, as one text. */
export function visibleText(value: unknown): string {
  const seen = new Set<unknown>()
  const texts: string[] = [inspect(value, { depth: Infinity, showHidden: true, getters: true, maxStringLength: null })]
  texts.push(inspect(value, { depth: Infinity, showHidden: true, customInspect: false, maxArrayLength: null }))

  function walk(part: unknown): void {
    if (seen.has(part)) return
    seen.add(part)
    if (typeof part === 'string' || typeof part === 'number') texts.push(String(part))
    if (part === null || typeof part !== 'object') return
    texts.push(asJson(part))
    if (part instanceof Error) texts.push(part.message, part.stack ?? '', String(part))
    if (part instanceof Headers || part instanceof URLSearchParams) walk([...part])
    if (part instanceof Map || part instanceof Set) walk([...part])
    if (part instanceof Request || part instanceof Response) walk([part.url, part.headers])
    for (const key of Reflect.ownKeys(part)) {
      texts.push(String(key))
      walk((part as Record<PropertyKey, unknown>)[key])
    }
  }
  walk(value)
  return texts.join('\n')
}

function asJson(value: object): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

/** A text in the forms in which it may turn up. */
export function formsOf(text: string): readonly string[] {
  return [
    text,
    encodeURIComponent(text),
    new URLSearchParams({ text }).toString().slice('text='.length),
    Buffer.from(text).toString('base64'),
    Buffer.from(text).toString('hex'),
  ]
}
