// What the canaries use of node:util, for pages: what a console or a log makes of values.

export function inspect(value: unknown): string {
  return value instanceof Error
    ? `${value.stack ?? ''}\n${JSON.stringify(value)}`
    : (JSON.stringify(value) ?? String(value))
}

inspect.custom = Symbol.for('nodejs.util.inspect.custom')

export function format(...values: readonly unknown[]): string {
  return values.map(inspect).join(' ')
}
