import type { EvergrantError } from '../errors.ts'
import { standingBlock } from '../exchange/booking.ts'
import { accountError } from '../exchange/condition-error.ts'
import { adoptable } from '../exchange/consult.ts'
import type { ExchangePorts } from '../exchange/exchange-ports.ts'
import type { Spender } from '../exchange/spender.ts'
import { checkIssuer, takeStoreTime } from '../exchange/view.ts'
import { asFault } from '../fault.ts'
import type { Publication } from '../published/publication.ts'
import { grantKind, ledgerKind } from '../records/record-kinds.ts'
import { readStored } from '../records/stored.ts'
import type { LifecycleActor } from './session-actors.ts'
import { quietly, watchChanges, type ChangeHandlers } from './session-watch.ts'
import type { Sources } from './sources.ts'

/** What changes around a session: its credentials, its sign-out, and what others write into the store. */
export interface SessionChanges {
  /** Grows with each sign-out and change of credentials: what was begun before is of no use after (P14). */
  readonly turn: number
  /** The newest epoch of the record that is known; -1 if it was never read. */
  readonly seenEpoch: number
  /** Told the epoch of the record as it is read. */
  seeEpoch(epoch: number): void
  /** Follows the sources and the store from now on; a second call does nothing. */
  startWatching(): void
  /**
   * Follows the issuer's ledger while blocked, to hear of the block's end. It changes with every login of the issuer, so
   * at other times a thousand sessions would wake each other for nothing.
   */
  followLedger(blocked: boolean): void
  /** Runs a change of our own to the record, of which the watch need not tell. */
  make<T extends { readonly epoch: number }>(write: () => Promise<T>): Promise<T>
  credentialsChanged(): void
  signedOut(): void
  end(): void
}

/** The session around which things change. */
export interface ChangingSession extends ExchangePorts {
  readonly actor: LifecycleActor
  readonly shown: Publication
  /** What waiting callers are told from now on; `null` for nothing. */
  noteError(error: EvergrantError | null): void
}

export function createChanges(session: ChangingSession, sources: Sources, spender: Spender): SessionChanges {
  return new ChangesAround(session, sources, spender)
}

class ChangesAround implements SessionChanges, ChangeHandlers {
  turn = 0
  seenEpoch = -1
  readonly #session: ChangingSession
  readonly #sources: Sources
  readonly #spender: Spender
  /** Changes of our own under way. */
  #making = 0
  #ended = false
  #watch: Disposable | null = null
  #ledgerWatch: Disposable | null = null

  constructor(session: ChangingSession, sources: Sources, spender: Spender) {
    this.#session = session
    this.#sources = sources
    this.#spender = spender
  }

  seeEpoch(epoch: number): void {
    this.seenEpoch = Math.max(this.seenEpoch, epoch)
  }

  startWatching(): void {
    if (this.#ended) return
    const { store, account } = this.#session
    this.#watch ??= watchChanges({ sources: this.#sources, store, account }, this)
  }

  followLedger(blocked: boolean): void {
    if (blocked === (this.#ledgerWatch !== null) || this.#ended) return
    this.#ledgerWatch?.[Symbol.dispose]()
    this.#ledgerWatch = null
    if (!blocked) return
    const { store, provider } = this.#session
    const look = () => quietly(this.#onLedger())
    this.#ledgerWatch = store.watch?.(ledgerKind(provider.issuer).key, look) ?? null
    // It may have been lifted just before.
    look()
  }

  async make<T extends { readonly epoch: number }>(write: () => Promise<T>): Promise<T> {
    this.#making += 1
    try {
      const written = await write()
      this.seeEpoch(written.epoch)
      return written
    } catch (error) {
      throw asFault(error)
    } finally {
      this.#making -= 1
    }
  }

  credentialsChanged(): void {
    this.#begin()
    const { actor, shown, timeline } = this.#session
    // A block stands whatever the credentials are, and callers are still to be told of it.
    if (!actor.getSnapshot().matches('blocked')) this.#session.noteError(null)
    actor.send({ type: 'CREDENTIALS' })
    shown.emit({ type: 'credentials-changed', at: timeline.now() })
  }

  signedOut(): void {
    const session = this.#session
    this.#begin()
    session.noteError(accountError(session, 'signed-out'))
    session.actor.send({ type: 'SIGN_OUT' })
  }

  end(): void {
    this.#ended = true
    this.#watch?.[Symbol.dispose]()
    this.#ledgerWatch?.[Symbol.dispose]()
  }

  #begin(): void {
    this.turn += 1
    this.#spender.cancel(new Error('Signed out, or given new credentials'))
  }

  async onSource(): Promise<void> {
    const sources = this.#sources
    const before = sources.mark
    if ((await sources.read()) !== null && sources.mark !== before && !this.#ended) this.credentialsChanged()
  }

  async onGrant(): Promise<void> {
    const session = this.#session
    const spender = this.#spender
    if (this.#making > 0) return
    await takeStoreTime(session)
    const { value: record } = await readStored(session.store, grantKind(session.account))
    if (this.#ended || this.#making > 0) return
    checkIssuer(session, record)
    // Written by somebody whose credential source says otherwise: following each other would have no end.
    const { mark } = this.#sources
    if (mark !== null && record.source !== null && record.source !== mark) return
    if (record.epoch > this.seenEpoch) {
      this.seeEpoch(record.epoch)
      return record.signedOut ? this.signedOut() : this.credentialsChanged()
    }
    if (spender.busy) {
      // What the exchange under way saves is told by its outcome; what others saved is looked at after it.
      await spender.idle()
      return this.onGrant()
    }
    const { generation, rejected, wanted } = session.actor.getSnapshot().context
    if (record.epoch < this.seenEpoch || record.signedOut || !wanted) return
    const adopted = adoptable(session, record, { have: generation, rejected })
    if (adopted === null) return
    session.noteError(null)
    session.actor.send({ type: 'ADOPTED', ...adopted })
  }

  async #onLedger(): Promise<void> {
    const { actor } = this.#session
    if (!actor.getSnapshot().matches('blocked')) return
    if ((await standingBlock(this.#session)) === null && !this.#ended) actor.send({ type: 'UNBLOCKED' })
  }
}
