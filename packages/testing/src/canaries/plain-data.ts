// Node only; elsewhere no proxy can be told from what it stands for.
import { types } from 'node:util'

const OF_THE_LANGUAGE: readonly unknown[] = [Object.prototype, Array.prototype, Function.prototype, null]
const SPEAKS_FOR_ITSELF: readonly PropertyKey[] = ['toJSON', 'toString', 'valueOf']

/**
 * True of an object, array or function that is no more than names with values. Whatever shows it alone, or makes a text of
 * it, can show only these names and values, and nothing that the object makes up.
 */
export function isPlain(value: object): boolean {
  if (types.isProxy(value) || !OF_THE_LANGUAGE.includes(Object.getPrototypeOf(value))) return false
  return Reflect.ownKeys(value).every((key) => {
    if (typeof key === 'symbol' || SPEAKS_FOR_ITSELF.includes(key)) return false
    const property = Object.getOwnPropertyDescriptor(value, key)
    return property !== undefined && 'value' in property
  })
}

/** True of what is plain down to its last value, such as JSON: no way of showing it adds to its names and values. */
export function isPlainData(value: unknown, above: ReadonlySet<unknown> = new Set()): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false
  if (typeof value !== 'object' || value === null) return true
  if (above.has(value) || !isPlain(value)) return false
  const within = new Set(above).add(value)
  return Object.values(Object.getOwnPropertyDescriptors(value)).every((property) => isPlainData(property.value, within))
}
