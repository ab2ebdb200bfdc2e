/** Marks what is replaced, so that it is not replaced twice. */
const REPLACED = Symbol('evergrant.replaced')

/**
 * Gives one object members of its own in place of those that it has, and takes them back when disposed. What other
 * objects of its class do stays as it is.
 */
export function replaceMembers<T extends object>(target: T, members: Partial<T>): Disposable {
  const before = new Map<PropertyKey, PropertyDescriptor | undefined>()
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
    before.set(name, Object.getOwnPropertyDescriptor(target, name))
    if (typeof member.value === 'function') Object.defineProperty(member.value, REPLACED, { value: true })
    Object.defineProperty(target, name, { ...member, configurable: true, enumerable: false })
  }
  return {
    [Symbol.dispose]() {
      for (const [name, descriptor] of before) {
        if (descriptor === undefined) Reflect.deleteProperty(target, name)
        else Object.defineProperty(target, name, descriptor)
      }
      before.clear()
    },
  }
}

export function isReplaced(target: object, name: string): boolean {
  const member = (target as Readonly<Record<string, unknown>>)[name]
  return typeof member === 'function' && REPLACED in member
}
