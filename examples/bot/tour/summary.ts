import { hasFailed, waitOf, wasExpected, type Evidence } from './evidence.ts'
import { PROMISES } from './promises.ts'

interface PromiseSummary {
  readonly promise: string
  readonly name: string
  readonly held: boolean
  readonly figure: string
}

/** What came of a tour; with `--json` it is printed as it is. */
export interface Summary {
  /** Whether the tour came to its end and every promise held. */
  readonly held: boolean
  readonly seconds: number
  readonly requests: number
  readonly failures: {
    readonly seen: number
    /** Of these: the server answered nobody, or had taken back the token and the grant. */
    readonly serverSilent: number
    readonly grantRevoked: number
    readonly avoidable: number
  }
  /** Requests that waited for a token, and ms that the longest wait took. */
  readonly waited: { readonly requests: number; readonly longest: number }
  readonly tokenRequests: number
  readonly failedLogins: number
  readonly restarts: number
  readonly promises: readonly PromiseSummary[]
}

export function summarize(evidence: Evidence, complete: boolean): Summary {
  const { calls, requests, from, to, failedLogins, restarts } = evidence
  const failed = calls.filter(hasFailed)
  const expected = failed.filter((call) => wasExpected(evidence, call))
  const serverSilent = expected.filter(({ result }) => result === 'no answer' || result === 'ip-block-suspected').length
  const waits = calls.map(waitOf).filter((wait) => wait !== null)
  const promises = PROMISES.map(({ id, name, check }) => ({ promise: id, name, ...check(evidence) }))
  return {
    held: complete && promises.every(({ held }) => held),
    seconds: Math.round((to - from) / 100) / 10,
    requests: calls.length,
    failures: {
      seen: failed.length,
      serverSilent,
      grantRevoked: expected.length - serverSilent,
      avoidable: failed.length - expected.length,
    },
    waited: { requests: waits.length, longest: Math.max(0, ...waits) },
    tokenRequests: requests.filter(({ kind }) => kind === 'token').length,
    failedLogins,
    restarts,
    promises,
  }
}
