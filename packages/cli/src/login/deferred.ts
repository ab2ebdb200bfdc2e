/** A promise, and how to settle it from outside: `Promise.withResolvers()`, which the language level here lacks. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/** One that is rejected with nobody waiting is not unhandled: whoever waits may have left. */
export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((...settle) => {
    ;[resolve, reject] = settle
  })
  promise.catch(() => undefined)
  return { promise, resolve: (value) => resolve(value), reject: (reason) => reject(reason) }
}
