// What the contract of a store uses of node:assert/strict, for pages.

export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

export function ok(value: unknown, message = 'not truthy'): asserts value {
  if (!value) throw new AssertionError(message)
}

export function equal(actual: unknown, expected: unknown): void {
  ok(Object.is(actual, expected), `${show(actual)} is not ${show(expected)}`)
}

export function notEqual(actual: unknown, other: unknown): void {
  ok(!Object.is(actual, other), `${show(actual)} is what it should not be`)
}

export function deepStrictEqual(actual: unknown, expected: unknown): void {
  ok(alike(actual, expected), `${show(actual)} is not like ${show(expected)}`)
}

export async function rejects(promise: Promise<unknown>, fits: (error: unknown) => boolean): Promise<void> {
  let rejection: { readonly error: unknown } | undefined
  try {
    await promise
  } catch (error) {
    rejection = { error }
  }
  ok(rejection !== undefined, 'it did not reject')
  ok(fits(rejection.error), `it rejected with ${String(rejection.error)}`)
}

/** For JSON. */
function alike(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return Object.is(one, other)
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  return keys.every((key) => Object.hasOwn(other, key) && alike(Reflect.get(one, key), Reflect.get(other, key)))
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 500)
}
