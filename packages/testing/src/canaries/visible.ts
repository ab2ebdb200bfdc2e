import { inspected } from './showings.ts'

/** A text that somebody could read, and where. */
export interface VisibleText {
  /** E.g. `.cause.config["body"]`; empty for the value itself. */
  readonly place: string
  readonly text: string
}

/** Something to look through, and the way to it. */
interface Part {
  readonly place: string
  readonly value: unknown
}

/**
 * Every text that can be reached from a value: names and values of own properties, hidden ones and those under symbols
 * too, with getters called; messages, stacks and causes of errors, and the getters of their classes; what `toJSON`,
 * `toString` and the hook of `util.inspect` say; the contents of maps, sets, buffers, headers, URLs, requests and responses, but not bodies, which can
 * be read only once.
 */
export function* visibleTexts(value: unknown): Generator<VisibleText> {
  const seen = new Set<unknown>()
  // A list, since errors and actor systems may lead deeper than the stack is.
  const parts: Part[] = [{ place: '', value }]
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const { place, value: at } = part
    if (typeof at === 'symbol') yield { place, text: String(at) }
    else if ((typeof at !== 'object' && typeof at !== 'function') || at === null) yield { place, text: String(at) }
    else if (!seen.has(at)) {
      seen.add(at)
      if (!isBytes(at)) yield* namesOf(at, place)
      parts.push(...insideOf(at, place))
    }
  }
}

function* namesOf(value: object, place: string): Generator<VisibleText> {
  for (const key of Reflect.ownKeys(value)) yield { place: `the name of ${place}${step(key)}`, text: String(key) }
}

function* insideOf(value: object, place: string): Generator<Part> {
  for (const [name, content] of contentsOf(value)) yield { place: `${place}.${name}`, value: content }
  if (isBytes(value)) return
  const inside = (name: string, look: () => unknown): Part => ({ place: place + name, value: outcomeOf(look) })
  for (const key of Reflect.ownKeys(value)) {
    yield inside(step(key), () => (value as Readonly<Record<PropertyKey, unknown>>)[key])
  }
  if (value instanceof Error)
    for (const key of inheritedGetters(value)) yield inside(step(key), () => Reflect.get(value, key))
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    yield inside('.toJSON()', () => JSON.stringify(value))
  }
  if (typeof value !== 'function') yield inside('.toString()', () => asText(value))
  yield inside(', inspected', () => inspected(value))
}

/** What becomes of a value where a text is needed. */
function asText(value: { toString(): string }): string {
  return String(value)
}

/** What a call gives, or what it throws: that is seen as well. */
function outcomeOf(look: () => unknown): unknown {
  try {
    return look()
  } catch (error) {
    return error
  }
}

function inheritedGetters(value: object): PropertyKey[] {
  const keys: PropertyKey[] = []
  for (
    let at: unknown = Object.getPrototypeOf(value);
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const key of Reflect.ownKeys(at as object)) {
      if (Object.getOwnPropertyDescriptor(at, key)?.get !== undefined) keys.push(key)
    }
  }
  return keys
}

/** What the platform's own objects hold, which is no property of theirs. */
function contentsOf(value: object): readonly (readonly [string, unknown])[] {
  if (value instanceof Map || value instanceof Set) return [['entries()', [...value]]]
  if (value instanceof Headers || value instanceof URLSearchParams || value instanceof FormData) {
    return [['entries()', [...value]]]
  }
  if (value instanceof URL) return [['href', value.href]]
  if (value instanceof Request) {
    const { url, headers, method, referrer } = value
    return Object.entries({ url, headers, method, referrer })
  }
  if (value instanceof Response) {
    const { url, headers, statusText } = value
    return Object.entries({ url, headers, statusText })
  }
  if (value instanceof AbortSignal) return [['reason', value.reason]]
  if (value instanceof Blob) return [['type', value.type]]
  if (isBytes(value)) return [['bytes', textsOf(value)]]
  return []
}

/** Read as a whole: each byte of it is a property too. */
function isBytes(value: object): value is ArrayBuffer | ArrayBufferView {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value)
}

function textsOf(bytes: ArrayBuffer | ArrayBufferView): readonly string[] {
  return ['utf-8', 'utf-16le'].map((encoding) => new TextDecoder(encoding).decode(bytes))
}

function step(key: PropertyKey): string {
  return typeof key === 'string' && /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(String(key))}]`
}
