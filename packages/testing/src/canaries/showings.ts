// Node only: what Node's loggers make of a value cannot be had elsewhere.
import { format, inspect } from 'node:util'

export interface ShowingOptions {
  /** How many levels down `util.inspect` goes. Default all. Machines and sockets refer to so much that all takes minutes. */
  readonly depth?: number
}

/**
 * What loggers, serializers and debuggers make of a value, each under its name. Where one fails, it shows what it
 * failed with.
 */
export function showings(value: unknown, { depth = Infinity }: ShowingOptions = {}): Readonly<Record<string, string>> {
  const whole = { ...EVERYTHING, depth }
  const ways: Readonly<Record<string, () => string>> = {
    'util.inspect': () => inspect(value),
    'util.inspect with everything': () => inspect(value, { ...whole, getters: true }),
    'util.inspect of proxies': () => inspect(value, { ...whole, showProxy: true }),
    'util.inspect without the hooks': () => inspect(value, { ...whole, customInspect: false }),
    'util.inspect of something that holds it': () =>
      inspect({ a: [{ b: new Map([['c', value]]) }] }, { depth: depth + 4 }),
    'util.format': () => format('%s %o %O %j', value, value, value, value),
    'JSON.stringify': () => JSON.stringify({ held: value }),
    'a template string': () => `<${value as string}>`,
    String: () => String(value),
    concatenation: () => '' + (value as number),
    'Object.entries': () => JSON.stringify(Object.entries(value ?? {})),
    'a spread': () => JSON.stringify({ ...(value as object) }),
    'Object.assign': () => inspect(Object.assign({}, value), whole),
    'for in': () => inspect(inherited(value), whole),
    structuredClone: () => inspect(structuredClone(value), whole),
    'an error that has it as its cause': () => inspect(new Error('failed', { cause: value }), { depth }),
  }
  return Object.fromEntries(Object.entries(ways).map(([name, show]) => [name, shownBy(show)]))
}

/** What `util.inspect` shows of one object, not of those that it refers to, with its hook and without. */
export function inspected(value: object): string {
  const alone = { ...EVERYTHING, depth: 0 }
  const shown = inspect(value, { ...alone, getters: true })
  const hook: unknown = Reflect.get(value, inspect.custom)
  return typeof hook === 'function' ? shown + inspect(value, { ...alone, customInspect: false }) : shown
}

const EVERYTHING = { showHidden: true, maxArrayLength: null, maxStringLength: null } as const

/** Some values cannot be cloned, or refuse to become a text. */
function shownBy(show: () => string): string {
  try {
    return show()
  } catch (error) {
    return inspect(error, { ...EVERYTHING, depth: 4 })
  }
}

function inherited(value: unknown): unknown[] {
  const seen: unknown[] = []
  for (const name in value as object) seen.push(name, (value as Readonly<Record<string, unknown>>)[name])
  return seen
}
