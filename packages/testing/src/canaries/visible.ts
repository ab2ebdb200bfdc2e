import { isPlain } from './plain-data.ts'
import { inspected } from './showings.ts'
import type { Way } from './ways.ts'

/** A text that somebody could read, and where. */
export interface VisibleText {
  readonly way: Way
  readonly text: string
}

/** Something to look through, and the way to it; `null`: the value itself. */
interface Part {
  readonly way: Way | null
  readonly value: unknown
}

/**
 * Every text that can be reached from a value: names and values of own properties, hidden ones and those under symbols
 * too, with getters called; messages, stacks and causes of errors, and the getters of their classes; what `toJSON`,
 * `toString` and the hook of `util.inspect` say; the contents of maps, sets, buffers, headers, URLs, requests and responses, but not bodies, which can
 * be read only once. What was `seen` is passed over.
 */
export function* visibleTexts(value: unknown, seen: WeakSet<object> = new WeakSet()): Generator<VisibleText> {
  // A list, since errors and actor systems may lead deeper than the stack is.
  const parts: Part[] = [{ way: null, value }]
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const { way, value: at } = part
    if ((typeof at !== 'object' && typeof at !== 'function') || at === null) {
      yield { way: way ?? ITSELF, text: String(at) }
    } else if (!seen.has(at)) {
      seen.add(at)
      for (const key of namesOf(at)) yield { way: { from: way, to: key, kind: 'name' }, text: String(key) }
      lookInto(at, way, parts)
    }
  }
}

const ITSELF: Way = { from: null, to: '', kind: 'view' }

/** Those of bytes are numbers. */
function namesOf(value: object): readonly PropertyKey[] {
  return isBytes(value) ? [] : Reflect.ownKeys(value)
}

function lookInto(value: object, from: Way | null, parts: Part[]): void {
  const add = (to: PropertyKey, kind: Way['kind'], look: () => unknown): void => {
    parts.push({ way: { from, to, kind }, value: outcomeOf(look) })
  }
  for (const [name, content] of contentsOf(value)) add(`.${name}`, 'view', () => content)
  if (isBytes(value)) return
  for (const key of Reflect.ownKeys(value)) {
    add(key, 'key', () => (value as Readonly<Record<PropertyKey, unknown>>)[key])
  }
  if (isPlain(value)) return
  if (value instanceof Error) for (const key of inheritedGetters(value)) add(key, 'key', () => Reflect.get(value, key))
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
    add('.toJSON()', 'view', () => JSON.stringify(value))
  if (typeof value !== 'function') add('.toString()', 'view', () => asText(value))
  add(', inspected', 'view', () => inspected(value))
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
