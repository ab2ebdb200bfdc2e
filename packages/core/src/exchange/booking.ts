import { asFault } from '../fault.ts'
import {
  admit,
  blockAt,
  bookingSpan,
  budgetOf,
  currentLedger,
  noteSilentProbe,
  settle,
  type Block,
  type LoginResult,
} from '../records/ledger.ts'
import { ledgerKind } from '../records/record-kinds.ts'
import type { Ledger } from '../records/record.ts'
import { updateSharedLedger } from '../records/shared-ledger.ts'
import { readStored } from '../records/stored.ts'
import { blockedOutcome, localBlock } from './blocked-outcome.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import type { Outcome } from './outcome.ts'

/** A place in the issuer's login budget, taken before a request and given back after it. */
export interface Booking {
  /** A slow store has used up the time that it holds: others may have the place by now. */
  readonly lapsed: boolean
  /** Closes it; a second call does nothing. Gives the block that holds from now on, on the session's line. */
  close(result: LoginResult): Promise<Block | null>
}

type LedgerPorts = Pick<
  ExchangePorts,
  'provider' | 'store' | 'account' | 'policy' | 'timeline' | 'random' | 'onBudget' | 'onStoreFailure'
>

/** Pause before the ledger is asked again while others log in, in ms. */
const CROWD_PAUSE = 250

/** Books one login, or says why not. */
export async function bookLogin(ports: LedgerPorts, halfOpen: boolean): Promise<Booking | Outcome> {
  const { policy, timeline, account: id } = ports
  let refused: Outcome | null = null
  let bookedAt = 0
  await updateLedger(ports, (ledger, now) => {
    refused = null
    bookedAt = timeline.now()
    const admission = admit(policy, ledger, { id, now, halfOpen })
    if (admission.type === 'admitted') return admission.ledger
    refused = admission.type === 'crowded' ? crowded(ports) : blockedOutcome(ports, localBlock(timeline, admission))
    return ledger
  })
  return refused ?? openBooking(ports, bookedAt)
}

/** Others log in: to be tried again soon. */
export function crowded({ timeline, random }: Pick<LedgerPorts, 'timeline' | 'random'>): Outcome {
  return { type: 'deferred', reason: 'crowded', retryAt: timeline.now() + CROWD_PAUSE * (1 + random()) }
}

function openBooking(ports: LedgerPorts, bookedAt: number): Booking {
  const { policy, account, timeline } = ports
  let open = true
  return {
    get lapsed() {
      return timeline.now() >= bookedAt + bookingSpan(policy)
    },
    async close(result) {
      if (!open) return null
      open = false
      try {
        const ledger = await updateLedger(ports, (stored, now) => {
          const settled = settle(policy, stored, account, now, result)
          return timeline.synchronized ? { ...settled, clockOffset: timeline.wallOffset } : settled
        })
        ports.onBudget(budgetOf(policy, ledger, timeline.toShared(timeline.now())).left)
        return blockOf(ports, ledger)
      } catch (error) {
        // The outcome stands; a booking that stays open runs out by itself.
        ports.onStoreFailure(asFault(error))
        return null
      }
    },
  }
}

/** The block or spent budget that the store knows of, with times on the session's line. */
export async function standingBlock(ports: LedgerPorts): Promise<Block | null> {
  const { value } = await readStored(ports.store, ledgerKind(ports.provider.issuer))
  return blockOf(ports, value)
}

function blockOf({ policy, timeline }: LedgerPorts, value: Ledger): Block | null {
  const now = timeline.toShared(timeline.now())
  const block = blockAt(policy, currentLedger(policy, value, now), now)
  return block === null ? null : localBlock(timeline, block)
}

/** Notes a probe without an answer; gives the block with the time of the next one. */
export async function noteSilence(ports: LedgerPorts): Promise<Block | null> {
  return blockOf(ports, await updateLedger(ports, (ledger, now) => noteSilentProbe(ports.policy, ledger, now)))
}

function updateLedger(ports: LedgerPorts, change: (ledger: Ledger, now: number) => Ledger): Promise<Ledger> {
  const { store, provider, policy, timeline } = ports
  return updateSharedLedger(store, ledgerKind(provider.issuer), (stored) => {
    const now = timeline.toShared(timeline.now())
    const ledger = currentLedger(policy, stored, now)
    const changed = change(ledger, now)
    return changed === ledger ? stored : changed
  })
}
