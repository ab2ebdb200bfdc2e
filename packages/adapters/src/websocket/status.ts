import { isEvergrantError, type Clock, type ErrorCode } from '@evergrant/core'
import { failureName } from '../http/failure-name.ts'

/**
 * `waiting`: for a token. `connecting`: a connection is being made, or what is wanted is being asked for on it. `open`: all
 * that was asked for was accepted. `backoff`: until the next attempt. `closed`: for good.
 */
export type SocketState = 'waiting' | 'connecting' | 'open' | 'backoff' | 'closed'

/** Why a connection ended, or why none is made, as plain, frozen data. */
export interface SocketFailure {
  /**
   * `unreachable`: no connection came about. `dropped`: the server or the network ended it. `silent`: an answer did not come
   * in time. `refused`: a message was, with a second token too. `credentials-changed`: the session was given new ones.
   * Else what the session says.
   */
  readonly code: ErrorCode | 'unreachable' | 'dropped' | 'silent' | 'refused' | 'credentials-changed'
  readonly message: string
  /** What the person should do next. */
  readonly help: string
  /** Epoch ms. */
  readonly at: number
  /** The server's (RFC 6455 section 7.4), or 1006 where it gave none. */
  readonly closeCode?: number
}

/** Everything that can be seen of a socket from outside. Immutable; the same object until something changes. */
export interface SocketStatus {
  readonly state: SocketState
  /** How often it has been `open` so far: what was sent in between by the server is lost. */
  readonly openings: number
  /** Epoch ms: when the next attempt is due, in `backoff`. */
  readonly retryAt: number | null
  /** The last failure since it was `open`. */
  readonly lastFailure: SocketFailure | null
}

/** A failure before it is told: without its time. */
export type Failure = Omit<SocketFailure, 'at'>

export interface StatusBoard {
  readonly status: SocketStatus
  waiting(): void
  connecting(): void
  open(): void
  backoff(wait: number, failure: Failure): void
  closed(): void
  readonly failed: (failure: Failure) => void
}

export function createStatusBoard(clock: Clock, show: (status: SocketStatus) => void): StatusBoard {
  let status: SocketStatus = Object.freeze({ state: 'waiting', openings: 0, retryAt: null, lastFailure: null })

  function change(changes: Partial<SocketStatus>): void {
    const next = { ...status, ...changes }
    if (Object.keys(changes).every((name) => Object.is(next[name as 'state'], status[name as 'state']))) return
    status = Object.freeze(next)
    show(status)
  }

  show(status)
  return {
    get status() {
      return status
    },
    waiting: () => change({ state: 'waiting', retryAt: null }),
    connecting: () => change({ state: 'connecting', retryAt: null }),
    open() {
      if (status.state !== 'open') change({ state: 'open', openings: status.openings + 1, lastFailure: null })
    },
    backoff: (wait, failure) =>
      change({ state: 'backoff', retryAt: clock.now() + wait, lastFailure: timed(failure, clock) }),
    closed: () => change({ state: 'closed', retryAt: null }),
    failed: (failure) => change({ lastFailure: timed(failure, clock) }),
  }
}

function timed(failure: Failure, clock: Clock): SocketFailure {
  return Object.freeze({ ...failure, at: clock.now() })
}

/** What a thrown thing is called. Its own text is not used unless it is ours: it may quote what was sent (P11). */
export function failureOf(error: unknown): Failure {
  if (isEvergrantError(error)) {
    const { code, message, help } = error
    return { code, message, help }
  }
  return {
    code: 'internal',
    message: `Something that should not fail did (${failureName(error)})`,
    help: 'Look at the functions that the socket was given; else report it.',
  }
}
