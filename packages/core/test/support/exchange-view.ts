import { VirtualClock } from '@evergrant/testing'
import { credentialsFingerprint, sealCredentials, type CredentialsInput } from '../../src/credentials.ts'
import type { ConsultPorts, ExchangeRequest } from '../../src/exchange/consult.ts'
import type { View } from '../../src/exchange/view.ts'
import { memoryStore } from '../../src/memory-store.ts'
import { defaultPolicy } from '../../src/policy.ts'
import { emptyGrant, emptyLedger, type GrantRecord, type Ledger } from '../../src/records/record.ts'
import { createTimeline } from '../../src/time/timeline.ts'

export const NOW = Date.UTC(2026, 2, 2, 14, 30)
/** The server's clock is ahead by this much, so that a time on the wrong line is seen. */
export const AHEAD = 7_200_000
export const ISSUER = 'https://server.test'

const INPUT: CredentialsInput = { clientSecret: 'invented-secret', refreshToken: 'invented-refresh' }
export const credentials = sealCredentials(INPUT)
/** Mark of these credentials. */
export const MARK = credentialsFingerprint(ISSUER, credentials)

export const anyRequest: ExchangeRequest = {
  have: 0,
  rejected: 0,
  force: false,
  halfOpen: false,
  attempts: 0,
  mandatoryAt: null,
}

/** A token of the store, of 15 minutes, issued a minute ago. Times on the server's line. */
export const storedToken = {
  value: 'invented-access',
  type: 'Bearer',
  scope: 'read',
  issuedAt: NOW + AHEAD - 60_000,
  expiresAt: NOW + AHEAD + 840_000,
  apiBaseUrl: null,
} as const satisfies NonNullable<GrantRecord['token']>

/** What a look at the store shows: credentials, and nothing else but these. */
export function viewOf(record: Partial<GrantRecord> = {}, ledger: Partial<Ledger> = {}): View {
  return {
    grant: { entry: null, value: { ...emptyGrant(), ...record } },
    ledger: { ...emptyLedger(), ...ledger },
    credentials,
    fingerprint: MARK,
  }
}

/** A session's side of a decision, at `NOW`, on a virtual clock. */
export function createPorts(clock = new VirtualClock({ now: NOW })): ConsultPorts {
  const timeline = createTimeline(clock)
  timeline.assume(AHEAD)
  return {
    provider: { issuer: ISSUER, requestToken: () => Promise.reject(new Error('asks nobody')) },
    store: memoryStore(),
    account: 'main',
    policy: defaultPolicy,
    timeline,
    sources: {},
    readSource: () => Promise.resolve(credentials),
    onEpoch: () => undefined,
    random: () => 0,
  }
}
