import { getEventListeners } from 'node:events'
import {
  isEvergrantError,
  tokenRequestError,
  type Provider,
  type SessionOptions,
  type TokenResponse,
  type TokenSession,
} from '@evergrant/core'

/** Where the sessions of a use come from. */
export interface Place {
  readonly open: (options: Pick<SessionOptions, 'provider' | 'account'>) => TokenSession
  /** A signal that outlives them. */
  readonly signal: AbortSignal
}

/** What became of a use; its session is still to be disposed, if it is not yet. */
interface Used {
  readonly session: TokenSession
  readonly end: string
}

/** One way in which a session is used. */
export type Use = (place: Place, account: string) => Promise<Used>

const issuer = 'https://issuer.invalid'
let issued = 0
const grant = async (): Promise<TokenResponse> => ({ accessToken: `invented-${(issued += 1)}`, expiresIn: 900 })
const granting: Provider = { issuer, requestToken: grant }
const failing: Provider = {
  issuer,
  requestToken: () => Promise.reject(tokenRequestError({ kind: 'server', status: 503 })),
}

/** A provider that says when it is asked, and answers when it is told to. */
function heldBack() {
  let heard: () => void = () => undefined
  let answer: () => void = () => undefined
  const asked = new Promise<void>((resolve) => (heard = resolve))
  const told = new Promise<void>((resolve) => (answer = resolve))
  const requestToken = () => {
    heard()
    return told.then(grant)
  }
  return { provider: { issuer, requestToken }, asked, answer }
}

const endOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'token',
    (error: unknown) => (isEvergrantError(error) ? error.code : (error as Error).message),
  )

export const USES: Readonly<Record<string, Use>> = {
  async asked({ open, signal }, account) {
    const session = open({ provider: granting, account })
    return { session, end: await endOf(session.getToken({ signal })) }
  },

  async followed({ open }, account) {
    const session = open({ provider: granting, account })
    let completed = 0
    const end = { complete: () => void (completed += 1) }
    session.subscribe(() => undefined)
    session.token$.subscribe(end)
    session.status$.subscribe(end)
    session.events$.subscribe(end)
    await session.getToken()
    await session.dispose()
    return { session, end: `${completed} completed` }
  },

  async neverUsed({ open }, account) {
    return { session: open({ provider: granting, account }), end: 'nothing' }
  },

  async failed({ open, signal }, account) {
    const session = open({ provider: failing, account })
    return { session, end: await endOf(session.getToken({ signal, maxWait: 0 })) }
  },

  async signedOut({ open }, account) {
    const session = open({ provider: granting, account })
    await session.getToken()
    await session.signOut()
    return { session, end: await endOf(session.getToken()) }
  },

  async disposedWhileAsking({ open, signal }, account) {
    const { provider, asked, answer } = heldBack()
    const session = open({ provider, account })
    const end = endOf(session.getToken({ signal }))
    await asked
    const disposal = session.dispose()
    answer()
    await disposal
    return { session, end: await end }
  },

  async leftWhileAsking({ open }, account) {
    const { provider, asked, answer } = heldBack()
    const session = open({ provider, account })
    const leaving = new AbortController()
    const end = endOf(session.getToken({ signal: leaving.signal }))
    await asked
    leaving.abort(new Error('changed my mind'))
    answer()
    return { session, end: `${await end}, ${getEventListeners(leaving.signal, 'abort').length} listeners` }
  },

  async adopting({ open, signal }, account) {
    await using first = open({ provider: granting, account })
    const { value } = await first.getToken()
    const session = open({ provider: failing, account })
    const adopted = await session.getToken({ signal })
    return { session, end: adopted.value === value ? 'the same token' : 'another token' }
  },
}
