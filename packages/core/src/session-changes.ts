import { standingBlock } from './booking.ts'
import { conditionError } from './condition-error.ts'
import { adoptable } from './consult.ts'
import type { EvergrantError } from './errors.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import type { LifecycleActor } from './session-actors.ts'
import { watchChanges } from './session-watch.ts'
import type { Sources } from './sources.ts'
import type { Spender } from './spender.ts'
import { readStored } from './stored.ts'
import { grantKind } from './view.ts'

/** What changes around a session: its credentials, its sign-out, and what others write into the store. */
export interface SessionChanges {
  /** Grows with each sign-out and change of credentials: what was begun before is of no use after (P14). */
  readonly turn: number
  /** Told the epoch of the record as it is read. */
  seeEpoch(epoch: number): void
  /** Follows the sources and the store from now on; a second call does nothing. */
  startWatching(): void
  /** Runs a change of our own to the record, of which the watch need not tell. */
  make<T extends { readonly epoch: number }>(write: () => Promise<T>): Promise<T>
  credentialsChanged(): void
  signedOut(): void
  end(): void
}

export interface ChangePorts {
  readonly ports: ExchangePorts
  readonly sources: Sources
  readonly spender: Spender
  readonly actor: LifecycleActor
  /** Sets what a waiting caller is told. */
  readonly setError: (error: EvergrantError | null) => void
}

export function createChanges({ ports, sources, spender, actor, setError }: ChangePorts): SessionChanges {
  const { store, account } = ports
  let turn = 0
  let seenEpoch = -1
  let making = 0
  let ended = false
  let watch: Disposable | null = null

  const superseded = () => new Error('Signed out, or given new credentials')

  function credentialsChanged(): void {
    turn += 1
    setError(null)
    spender.cancel(superseded())
    actor.send({ type: 'CREDENTIALS' })
  }

  function signedOut(): void {
    turn += 1
    setError(conditionError(ports, 'signed-out', { account }))
    spender.cancel(superseded())
    actor.send({ type: 'SIGN_OUT' })
  }

  async function onSource(): Promise<void> {
    const before = sources.mark
    if ((await sources.read()) !== null && sources.mark !== before && !ended) credentialsChanged()
  }

  async function onGrant(): Promise<void> {
    if (making > 0) return
    const { value: record } = await readStored(store, grantKind(account))
    if (ended || making > 0) return
    // Written by somebody whose credential source says otherwise: following each other would have no end.
    if (sources.mark !== null && record.source !== null && record.source !== sources.mark) return
    if (record.epoch > seenEpoch) {
      seenEpoch = record.epoch
      return record.signedOut ? signedOut() : credentialsChanged()
    }
    if (spender.busy) {
      // What the exchange under way saves is told by its outcome; what others saved is looked at after it.
      await spender.idle()
      return onGrant()
    }
    const { generation, rejected, wanted } = actor.getSnapshot().context
    if (record.epoch < seenEpoch || record.signedOut || !wanted) return
    const adopted = adoptable(ports, record, { have: generation, rejected })
    if (adopted === null) return
    setError(null)
    actor.send({ type: 'ADOPTED', ...adopted })
  }

  async function onLedger(): Promise<void> {
    if (!actor.getSnapshot().matches('blocked')) return
    if ((await standingBlock(ports)) === null && !ended) actor.send({ type: 'UNBLOCKED' })
  }

  return {
    get turn() {
      return turn
    },
    seeEpoch(epoch) {
      seenEpoch = Math.max(seenEpoch, epoch)
    },
    startWatching() {
      if (ended) return
      watch ??= watchChanges({ sources, store, account, provider: ports.provider }, { onSource, onGrant, onLedger })
    },
    async make(write) {
      making += 1
      try {
        const written = await write()
        seenEpoch = Math.max(seenEpoch, written.epoch)
        return written
      } finally {
        making -= 1
      }
    },
    credentialsChanged,
    signedOut,
    end() {
      ended = true
      watch?.[Symbol.dispose]()
    },
  }
}
