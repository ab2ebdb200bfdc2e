import { VirtualClock } from '@evergrant/testing'
import type { Credentials } from '../../src/credentials.ts'
import { tokenRequestError, type EvergrantError } from '../../src/errors.ts'
import type { ExchangeRequest } from '../../src/exchange/consult.ts'
import type { ExchangePorts, ExchangeStep } from '../../src/exchange/exchange-ports.ts'
import { exchange } from '../../src/exchange/exchange.ts'
import type { Outcome } from '../../src/exchange/outcome.ts'
import type { TokenRequestFailure } from '../../src/failure.ts'
import { memoryStore } from '../../src/memory-store.ts'
import { createPolicy, type Policy } from '../../src/policy.ts'
import type { Provider, TokenResponse } from '../../src/provider.ts'
import { grantKind, ledgerKind } from '../../src/records/record-kinds.ts'
import { emptyGrant, emptyLedger, type GrantRecord, type Ledger } from '../../src/records/record.ts'
import { readStored, writeStored } from '../../src/records/stored.ts'
import type { TokenStore } from '../../src/store.ts'
import { createTimeline } from '../../src/time/timeline.ts'
import { AHEAD, anyRequest, createPorts, MARK, NOW } from './exchange-view.ts'

export interface ExchangeSetup {
  /** What is stored before. */
  readonly record?: Partial<GrantRecord>
  readonly ledger?: Partial<Ledger>
  readonly request?: Partial<ExchangeRequest>
  /** What the server answers. */
  readonly answer: TokenResponse | TokenRequestFailure | ((clock: VirtualClock) => Promise<TokenResponse>)
  readonly provider?: Partial<Provider>
  readonly policy?: Partial<Policy>
  /** What stands between the exchange and its store. */
  readonly through?: (store: TokenStore, clock: VirtualClock) => TokenStore
  /** The newest epoch of the record that the session knows of. Default 0. */
  readonly knownEpoch?: number
  readonly readSource?: ExchangePorts['readSource']
  readonly signal?: AbortSignal
  /** The last generation that a server refused, as known when the answer comes. */
  readonly rejected?: number
  /** Ms that pass, in which it must come to its end. */
  readonly passing?: number
}

/** What came of one exchange, and what it left behind. */
export interface Exchanged {
  readonly outcome: Outcome
  readonly record: GrantRecord
  readonly ledger: Ledger
  readonly steps: readonly ExchangeStep[]
  /** What the store failed with. */
  readonly faults: readonly EvergrantError[]
  /** Failed logins left, as told after each request. */
  readonly budget: readonly number[]
  /** The credentials that were sent, one for each request. */
  readonly sent: readonly Credentials[]
}

/** Runs one exchange at `NOW` on a virtual clock, with a store of its own. Jitter is in the middle of its range. */
export async function exchangeOnce(setup: ExchangeSetup): Promise<Exchanged> {
  const clock = new VirtualClock({ now: NOW })
  const store = memoryStore()
  const [grant, ledger] = [grantKind('main'), ledgerKind('https://server.test')]
  const stored = { ...emptyGrant(), source: MARK, clockOffset: AHEAD, ...setup.record }
  await writeStored(store, grant, await readStored(store, grant), stored)
  await writeStored(store, ledger, await readStored(store, ledger), { ...emptyLedger(), ...setup.ledger })
  const steps: ExchangeStep[] = []
  const faults: EvergrantError[] = []
  const budget: number[] = []
  const sent: Credentials[] = []

  async function requestToken(credentials: Credentials): Promise<TokenResponse> {
    sent.push(credentials)
    const { answer } = setup
    if (typeof answer === 'function') return answer(clock)
    if ('kind' in answer) throw tokenRequestError(answer)
    return answer
  }

  const base = createPorts()
  const ports: ExchangePorts = {
    ...base,
    provider: { ...base.provider, requestToken, ...setup.provider },
    policy: createPolicy(setup.policy),
    store: setup.through?.(store, clock) ?? store,
    timeline: createTimeline(clock),
    readSource: () => setup.readSource?.() ?? base.readSource(),
    random: () => 0.5,
    knownEpoch: () => setup.knownEpoch ?? 0,
    latestRejected: () => setup.rejected ?? 0,
    onStep: (step) => steps.push(step),
    onBudget: (left) => void budget.push(left),
    onStoreFailure: (error) => faults.push(error),
  }
  const signal = setup.signal ?? new AbortController().signal
  const [outcome] = await Promise.all([
    exchange(ports, { ...anyRequest, ...setup.request }, signal),
    clock.advance(setup.passing ?? 0),
  ])
  const [left, booked] = await Promise.all([readStored(store, grant), readStored(store, ledger)])
  return { outcome, record: left.value, ledger: booked.value, steps, faults, budget, sent }
}
