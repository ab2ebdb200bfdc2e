import { format, inspect } from 'node:util'

/** What loggers, serializers and debuggers make of a value, each under its name. */
export function everythingShown(value: { toString(): string }): Readonly<Record<string, string>> {
  return {
    'util.inspect': inspect(value),
    'util.inspect with everything': inspect(value, { depth: Infinity, showHidden: true, showProxy: true }),
    'util.inspect without the hooks': inspect(value, { depth: Infinity, showHidden: true, customInspect: false }),
    'util.inspect of something that holds it': inspect({ a: [{ b: new Map([['c', value]]) }] }, { depth: Infinity }),
    'util.format': format('%s %o %O %j', value, value, value, value),
    'JSON.stringify': JSON.stringify({ held: value }),
    'a template string': `<${value as unknown as string}>`,
    String: String(value),
    concatenation: '' + value,
    'Object.entries': JSON.stringify(Object.entries(value)),
    'Object.values': JSON.stringify(Object.values(value)),
    'a spread': JSON.stringify({ ...value }),
    'Object.assign': inspect(Object.assign({}, value), { showHidden: true }),
    'for in': forIn(value),
    'own properties': ownProperties(value),
    structuredClone: inspect(structuredClone(value), { depth: Infinity, showHidden: true }),
    'an error that has it as its cause': inspect(new Error('failed', { cause: value }), { depth: Infinity }),
    'console.table': inspect(Object.fromEntries(Object.entries(value))),
  }
}

function forIn(value: object): string {
  const seen: unknown[] = []
  for (const name in value) seen.push(name, Reflect.get(value, name))
  return inspect(seen)
}

function ownProperties(value: object): string {
  const seen = Reflect.ownKeys(value).map((key) => [
    key,
    Reflect.getOwnPropertyDescriptor(value, key)?.value as unknown,
  ])
  return inspect(seen, { depth: Infinity, showHidden: true })
}
