/** A promise and the way to settle it. */
export interface Moment<T> {
  readonly promise: Promise<T>
  readonly come: (value: T) => void
}

export function createMoment<T = void>(): Moment<T> {
  let come: (value: T) => void = () => undefined
  const promise = new Promise<T>((resolve) => {
    come = resolve
  })
  return { promise, come }
}
