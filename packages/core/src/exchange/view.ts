import {
  credentialsFingerprint,
  layOver,
  sealCredentials,
  type Credentials,
  type CredentialSource,
} from '../credentials.ts'
import { EvergrantError } from '../errors.ts'
import type { Policy } from '../policy.ts'
import type { Provider } from '../provider.ts'
import { deathOf } from '../records/dead-credentials.ts'
import { currentLedger, lastTime, pullBack } from '../records/ledger.ts'
import { grantKind, ledgerKind } from '../records/record-kinds.ts'
import { CLEARED, grantKey, type GrantRecord, type Ledger } from '../records/record.ts'
import { readStored, updateStored, type Stored } from '../records/stored.ts'
import type { TokenStore } from '../store.ts'
import type { Timeline } from '../time/timeline.ts'

/** What a look at the store and the credential source shows. */
export interface View {
  readonly grant: Stored<GrantRecord>
  readonly ledger: Ledger
  readonly credentials: Credentials | null
  /** Mark of the credentials; empty if there are none. */
  readonly fingerprint: string
}

export interface ViewPorts {
  readonly provider: Provider
  readonly store: TokenStore
  readonly account: string
  readonly policy: Policy
  readonly timeline: Timeline
  readonly sources: Pick<CredentialSource, 'sought'>
  /** The first credential source that answers. */
  readSource(): Promise<Credentials | null>
  /** Told the epoch of the record whenever it is read, so that a session can tell its own changes from others'. */
  onEpoch(epoch: number): void
  /** Says what a refusal has condemned, while the store has not taken it down (P2). */
  unsaved?: UnsavedChange | null
}

/** Writes it if the store can, and gives the record with it either way. */
export type UnsavedChange = (read: Stored<GrantRecord>) => Promise<Stored<GrantRecord>>

/** Reads everything that decides whether a credential may be spent. */
export async function look(ports: ViewPorts): Promise<View> {
  const { provider, store, account } = ports
  const source = await ports.readSource()
  await takeStoreTime(ports)
  let read = await readStored(store, grantKind(account))
  checkIssuer(ports, read.value)
  read = (await ports.unsaved?.(read)) ?? read
  const grant = { ...read, value: followSource(read.value, source, provider.issuer) }
  ports.onEpoch(grant.value.epoch)
  const ledger = await readLedger(ports, grant.value.clockOffset)
  const credentials = effectiveCredentials(grant.value, source)
  return { grant, ledger, credentials, fingerprint: markOf(provider.issuer, credentials) }
}

/** What hosts share is on one line of time from the first look on, or a wrong clock would void the login budget (P3). */
export async function takeStoreTime({ store, timeline }: ViewPorts): Promise<void> {
  if (store.sharing !== 'network' || timeline.synchronized || store.time === undefined) return
  const askedAt = timeline.now()
  const time = await store.time()
  timeline.assumeStore(time, askedAt, timeline.now())
}

/** `clockOffset` is what the account knows of the server's time; the ledger is told of failed logins too (P3). */
async function readLedger(ports: ViewPorts, clockOffset: number): Promise<Ledger> {
  const { provider, store, policy, timeline } = ports
  const kind = ledgerKind(provider.issuer)
  let { value } = await readStored(store, kind)
  // Hosts that share a store over a network have clocks of their own.
  if (store.sharing !== 'network') timeline.assumeWall(value.clockOffset ?? clockOffset)
  // Who has not heard the time from anybody is behind, for all it knows; to pull back the times of others would void
  // the budget for them all.
  if (store.sharing !== 'network' || store.time === undefined) timeline.assumePast(lastTime(value))
  const now = timeline.toShared(timeline.now())
  if (pullBack(policy, value, now) !== value) {
    value = (await updateStored(store, kind, (stored) => pullBack(policy, stored, now))).value
  }
  return currentLedger(policy, value, now)
}

/**
 * The record as it stands beside the source. A source that has changed since the record last followed it wins over
 * what the record holds: tokens and rotated secrets of other credentials are of no use. Else the record wins, since it
 * was rotated or set by a person later; also over a source that it never saw, unless what the person set is dead.
 */
export function followSource(record: GrantRecord, source: Credentials | null, issuer: string): GrantRecord {
  if (source === null) return record
  const mark = credentialsFingerprint(issuer, source)
  if (record.source === mark) return record
  if (record.source === null && record.credentials !== null) {
    const set = markOf(issuer, effectiveCredentials(record, source))
    if (deathOf(record, set) === null) return { ...record, source: mark }
  }
  return {
    ...record,
    ...CLEARED,
    source: mark,
    epoch: record.epoch + 1,
    credentials: null,
    given: null,
    signedOut: false,
  }
}

/**
 * Throws `wrong-issuer` for the record of another server: to follow it would send one server's secrets to another, and to
 * write over it would lose them.
 */
export function checkIssuer({ provider, account }: Pick<ViewPorts, 'provider' | 'account'>, record: GrantRecord): void {
  const { issuer } = record
  if (issuer === null || issuer === provider.issuer) return
  throw new EvergrantError('wrong-issuer', {
    message: `The store keeps account ${account} for ${issuer}, and not for ${provider.issuer}`,
    help: 'Give each server an account or a store of its own. To give up what is there, sign that account out at its server first.',
    details: { key: grantKey(account), issuer },
  })
}

/** The source, with what is newer in the record over it; `null` if neither has any. */
export function effectiveCredentials(record: GrantRecord, source: Credentials | null): Credentials | null {
  return record.credentials === null ? source : layOver(source, sealCredentials(record.credentials))
}

export function markOf(issuer: string, credentials: Credentials | null): string {
  return credentials === null ? '' : credentialsFingerprint(issuer, credentials)
}
