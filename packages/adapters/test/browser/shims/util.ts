// What the canaries use of node:util, for pages: what developer tools list of a value. There are no hooks in a page.

interface InspectOptions {
  /** Levels below the value itself. */
  readonly depth?: number | null
  readonly getters?: boolean
}

export function inspect(value: unknown, { depth = 2, getters = false }: InspectOptions = {}): string {
  return listed(value, depth ?? Infinity, getters, new Set())
}

inspect.custom = Symbol.for('nodejs.util.inspect.custom')

/** No script of a page can tell a proxy from what it stands for. */
export const types = { isProxy: () => false }

/** As a console with `%s` and `%o`; `%j` is JSON. */
export function format(pattern: string, ...values: readonly unknown[]): string {
  let next = 0
  return pattern.replaceAll(/%[soOj]/g, (form) => {
    const value = values[next]
    next += 1
    if (form === '%j') return JSON.stringify(value) ?? ''
    return form === '%s' ? String(value) : inspect(value)
  })
}

function listed(value: unknown, depth: number, getters: boolean, above: ReadonlySet<unknown>): string {
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value !== 'object' || value === null) return String(value)
  if (above.has(value) || depth < 0) return '[object]'
  const inside = new Set([...above, value])
  const told = (part: unknown): string => listed(part, depth - 1, getters, inside)
  const own = Reflect.ownKeys(value).map((key) => {
    const isGetter = Object.getOwnPropertyDescriptor(value, key)?.get !== undefined
    return `${String(key)}: ${isGetter && !getters ? '(getter)' : told(Reflect.get(value, key))}`
  })
  return `{${[...entriesOf(value).map(told), ...own].join(', ')}}`
}

function entriesOf(value: object): readonly unknown[] {
  if (value instanceof Error) return [value.stack]
  return value instanceof Map || value instanceof Set ? [...value] : []
}
