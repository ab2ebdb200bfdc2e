import { describeBodies } from './http-contract/bodies.ts'
import { httpCases } from './http-contract/cases.ts'
import { describeEndings } from './http-contract/endings.ts'
import { describePlaces } from './http-contract/places.ts'
import { describeRefusals } from './http-contract/refusals.ts'
import { describeSecrets } from './http-contract/secrets.ts'
import type { HttpSubject } from './http-contract/subject.ts'
import { describeTokens } from './http-contract/tokens.ts'

export type {
  HttpAbilities,
  HttpAnswer,
  HttpBody,
  HttpCall,
  HttpClient,
  HttpClientOptions,
  HttpSubject,
} from './http-contract/subject.ts'

export interface HttpContractOptions {
  /** `describe` of the test runner. */
  readonly describe: (name: string, body: () => void) => unknown
  /** `it` or `test` of the test runner. */
  readonly it: (name: string, body: () => Promise<void>) => unknown
  /** Real ms after which a call that does not end fails its case. Default 10,000. */
  readonly patience?: number
}

/**
 * What every HTTP adapter must do with a session's token, as a suite for the test runner of your choice:
 *
 * ```ts
 * import { describe, it } from 'vitest' // or 'node:test'
 * describeHttpContract('my client', { client: (session, options) => ({ call: … }) }, { describe, it })
 * ```
 *
 * Each case has servers of its own on loopback and a real session on virtual time; requests are real HTTP. What a
 * library cannot do is said in {@link HttpSubject.abilities}, and tested as that. Node only. Nothing sleeps: a case
 * waits for requests, answers and the limits that it sets itself.
 */
export function describeHttpContract(
  name: string,
  subject: HttpSubject,
  { describe, it, patience = 10_000 }: HttpContractOptions,
): void {
  describe(`the contract of an HTTP adapter: ${name}`, () => {
    const test = httpCases(it, subject, patience)
    describe('tokens', () => describeTokens(test))
    describe('refusals', () => describeRefusals(test))
    describe('bodies', () => describeBodies(test))
    describe('places', () => describePlaces(test, subject))
    describe('endings', () => describeEndings(test))
    describe('secrets', () => describeSecrets(test))
  })
}
