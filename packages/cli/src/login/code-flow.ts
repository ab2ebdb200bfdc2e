import type { CodeLogin } from '@evergrant/adapters/tastytrade'
import { fingerprint } from '@evergrant/core'
import type { Explanation } from './explanation.ts'
import type { ClientInput } from './login-ports.ts'

/** What came of a login that came back. */
export type Returned<Success> =
  | { readonly type: 'failed'; readonly explanation: Explanation }
  | { readonly type: 'done'; readonly success: Success }

/** What came of a callback. `strange`: it belongs to no login that is open. `repeated`: it was here before. */
export type Arrival<Success> = { readonly type: 'strange' } | { readonly type: 'repeated' } | Returned<Success>

/** One login at a time: begun, sent away, and back once (RFC 6749 section 4.1). */
export interface CodeFlow<Success> {
  /** Begins a login, and gives the page to go to. One that was begun before is of no use any more. */
  begin(client: ClientInput): Promise<URL>
  /** Takes a callback. Never rejects but with the reason of an interrupt. */
  arrive(callback: URL): Promise<Arrival<Success>>
}

export interface CodeFlowPorts<Success> {
  /** Told that a callback was taken, before it is known what comes of it. */
  readonly onTaken?: (() => void) | undefined
  readonly beginLogin: (client: ClientInput) => CodeLogin | Promise<CodeLogin>
  /** Spends the code of a callback whose state is right, and does all that follows. */
  readonly complete: (login: CodeLogin, callback: URL) => Promise<Success>
  /** Puts into words what `complete` threw; throws it again if a person has no use for words. */
  readonly explain: (error: unknown) => Explanation
  /** Puts into words why the provider sent the browser back without a code. */
  readonly explainRefusal: (error: string) => Explanation
}

export function createCodeFlow<Success>(ports: CodeFlowPorts<Success>): CodeFlow<Success> {
  let open: CodeLogin | null = null
  /** Marks of states that have come back. */
  const back = new Set<string>()

  return {
    async begin(client) {
      open = null
      const login = await ports.beginLogin(client)
      open = login
      return login.url
    },
    async arrive(callback) {
      // By marks: how long it takes to compare those says nothing of the state (RFC 6749 section 10.12).
      const state = fingerprint(callback.searchParams.get('state') ?? '')
      if (back.has(state)) return { type: 'repeated' }
      if (open === null || state !== fingerprint(open.state)) return { type: 'strange' }
      const login = open
      const refusal = callback.searchParams.get('error')
      if (refusal === null && !callback.searchParams.has('code')) return { type: 'strange' }
      // Before anything is awaited, so that a second one that comes meanwhile finds it taken.
      back.add(state)
      ports.onTaken?.()
      if (refusal !== null) return { type: 'failed', explanation: ports.explainRefusal(refusal) }
      try {
        return { type: 'done', success: await ports.complete(login, callback) }
      } catch (error) {
        return { type: 'failed', explanation: ports.explain(error) }
      }
    },
  }
}
