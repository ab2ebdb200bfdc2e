import {
  Observable,
  Subject,
  Subscriber,
  type Observer,
  type Operator,
  type Subscription,
  type TeardownLogic,
} from 'rxjs'

/** A value that many follow. */
export interface Broadcast<T> {
  readonly values: Observable<T>
  publish(value: T): void
  complete(): void
}

/**
 * The observable of a broadcast. With `present`, a subscriber gets the present value at once, however late it comes.
 * Nothing is built until somebody first looks at it: most of ten thousand sessions are never subscribed to.
 */
export function createBroadcast<T>(onListenerError: (error: unknown) => void, present?: () => T): Broadcast<T> {
  let subject: Subject<T> | null = null
  let values: Isolated<T> | null = null
  let completed = false
  const queue: T[] = []
  let publishing = false

  function build(): Isolated<T> {
    const built = new Isolated<T>((subscriber) => {
      if (completed) {
        if (present !== undefined) subscriber.next(present())
        return subscriber.complete()
      }
      subject ??= new Subject<T>()
      if (present === undefined) return subject.subscribe(subscriber)
      // What is published while the present value is being handed over comes after it.
      const missed: T[] = []
      let handing = true
      const subscription = subject.subscribe({
        next: (value) => (handing ? void missed.push(value) : subscriber.next(value)),
        complete: () => subscriber.complete(),
      })
      subscriber.next(present())
      for (let value = missed.shift(); value !== undefined; value = missed.shift()) subscriber.next(value)
      handing = false
      return subscription
    })
    built.report = onListenerError
    return built
  }

  return {
    get values() {
      return (values ??= build())
    },
    publish(value) {
      if (subject === null) return
      queue.push(value)
      if (publishing) return
      // A listener that publishes is heard by all only after what it was told: everybody sees one order.
      publishing = true
      while (queue.length > 0) subject.next(queue.shift() as T)
      publishing = false
    },
    complete() {
      completed = true
      subject?.complete()
    },
  }
}

/**
 * An observable whose listeners cannot hurt anybody, as those of a session are, for whoever makes one beside it: what a
 * listener throws goes to `onListenerError` (P12). `subscribe` is that of RxJS's `new Observable(subscribe)`.
 */
export function isolated<T>(
  onListenerError: (error: unknown) => void,
  subscribe: (subscriber: Subscriber<T>) => TeardownLogic,
): Observable<T> {
  const values = new Isolated<T>(subscribe)
  values.report = onListenerError
  return values
}

type Listener<T> = Partial<Observer<T>> | ((value: T) => void)

/**
 * An observable whose listeners cannot hurt anybody: RxJS rethrows what a listener throws as an uncaught exception,
 * which ends a Node process, so that one faulty log line would stop a bot (P12). Here it is reported instead.
 * Observables derived from it by operators keep the property.
 */
class Isolated<T> extends Observable<T> {
  report: (error: unknown) => void = () => undefined

  // The signature is RxJS's own; `lift` is how operators derive one observable from another.
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const derived = new Isolated<R>()
    derived.source = this
    derived.operator = operator as Operator<unknown, R>
    derived.report = this.report
    return derived
  }

  override subscribe(
    observerOrNext?: Listener<T> | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext)
    const observer: Partial<Observer<T>> =
      typeof observerOrNext === 'function' || observerOrNext == null
        ? {
            ...(observerOrNext ? { next: observerOrNext } : {}),
            ...(error ? { error } : {}),
            ...(complete ? { complete } : {}),
          }
        : observerOrNext
    const guard =
      <A extends readonly unknown[]>(call: (...values: A) => void) =>
      (...values: A) => {
        try {
          call(...values)
        } catch (fault) {
          this.report(fault)
        }
      }
    return super.subscribe({
      next: guard((value) => observer.next?.(value)),
      error: guard((fault) => (observer.error === undefined ? this.report(fault) : observer.error(fault))),
      complete: guard(() => observer.complete?.()),
    })
  }
}
