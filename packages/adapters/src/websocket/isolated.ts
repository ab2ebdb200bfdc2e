import { Observable, Subscriber, type Observer, type Operator, type Subscription } from 'rxjs'

type Report = (error: unknown) => void

/** The same values, from an observable whose subscribers cannot hurt anybody: what one throws goes to `report` (P12). */
export function isolated<T>(source: Observable<T>, report: Report): Observable<T> {
  const values = new Isolated<T>((subscriber) => source.subscribe(subscriber))
  values.report = report
  return values
}

/** As in core (decision 0013): RxJS throws what a subscriber throws as an uncaught exception, which ends a Node process. */
class Isolated<T> extends Observable<T> {
  report: Report = () => undefined

  // How operators derive one observable from another.
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const derived = new Isolated<R>()
    derived.source = this
    derived.operator = operator as Operator<unknown, R>
    derived.report = this.report
    return derived
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext)
    const observer: Partial<Observer<T>> =
      typeof observerOrNext === 'object' && observerOrNext !== null
        ? observerOrNext
        : {
            ...(observerOrNext ? { next: observerOrNext } : {}),
            ...(error ? { error } : {}),
            ...(complete ? { complete } : {}),
          }
    const guard =
      <A extends readonly unknown[]>(call: (...values: A) => void) =>
      (...values: A): void => {
        try {
          call(...values)
        } catch (fault) {
          this.report(fault)
        }
      }
    return super.subscribe({
      next: guard((value) => observer.next?.(value)),
      // Only an operator of the subscriber's own makes an error here.
      error: guard((fault) => (observer.error === undefined ? this.report(fault) : observer.error(fault))),
      complete: guard(() => observer.complete?.()),
    })
  }
}
