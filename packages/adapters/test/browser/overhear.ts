/** What a script of a page does besides giving answers. */
export interface Overheard extends Disposable {
  /** What it told other tabs, other scripts and the history: every call so far. Requests are heard outside the page. */
  readonly told: readonly unknown[]
  /** Every item that it stored so far. */
  readonly stored: readonly unknown[]
}

/** Listens to the page that calls it, where no server and no developer tools could. */
export function overhear(): Overheard {
  const told: unknown[] = []
  const stored: unknown[] = []
  const listening = new DisposableStack()

  function listen(of: object, name: string, heard: unknown[]): void {
    const own = Reflect.get(of, name) as (...all: unknown[]) => unknown
    function tapped(this: unknown, ...all: unknown[]): unknown {
      // The event loop of the test turns by messages of nothing.
      if (all[0] !== null) heard.push([name, this instanceof BroadcastChannel ? this.name : '', ...all])
      return Reflect.apply(own, this, all)
    }
    Reflect.set(of, name, tapped)
    listening.defer(() => void Reflect.set(of, name, own))
  }

  for (const of of [BroadcastChannel.prototype, MessagePort.prototype, globalThis]) listen(of, 'postMessage', told)
  for (const name of ['pushState', 'replaceState']) listen(History.prototype, name, told)
  listen(LockManager.prototype, 'request', told)
  listen(Storage.prototype, 'setItem', stored)
  return { told, stored, [Symbol.dispose]: () => listening.dispose() }
}

/** What the page shows of itself, and the browser of its origin; of items and databases the names alone. */
export async function lookAround(items: Storage): Promise<unknown> {
  return {
    address: location.href,
    state: history.state as unknown,
    cookie: document.cookie,
    title: document.title,
    name: window.name,
    requests: performance.getEntries().map(({ name }) => name),
    items: Object.keys(items),
    session: Object.entries(sessionStorage),
    locks: await navigator.locks.query(),
    databases: await indexedDB.databases(),
  }
}
