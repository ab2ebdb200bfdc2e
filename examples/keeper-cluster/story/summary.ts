import type { Call } from './bots.ts'

/** A thing that was promised, and what shows whether it held. */
interface Finding {
  readonly promise: string
  readonly held: boolean
  readonly figure: string
}

/** What came of the story; with `--json` it is printed as it is. */
export interface Summary {
  readonly held: boolean
  readonly store: 'postgres' | 'redis'
  readonly seconds: number
  readonly calls: number
  readonly tokens: number
  readonly problems: Readonly<Record<string, number>>
  /** Ms that the longest call took. */
  readonly longest: number
  readonly tokenRequests: number
  readonly failedLogins: number
  readonly findings: readonly Finding[]
}

export interface Evidence {
  readonly store: Summary['store']
  readonly seconds: number
  readonly calls: readonly Call[]
  readonly moves: number
  readonly tokenRequests: number
  readonly failedLogins: number
  /** The most requests that any refresh token was ever in at once, and the most that one was sent in all. */
  readonly atOnce: number
  readonly mostSent: number
  /** The account whose grant was revoked, and how often its bots had a token after it was mended. */
  readonly revoked: string
  readonly mended: number
  /** How the replica ended that was drained. */
  readonly drained: number | string
}

/** Far above what a caller waits for a replica that was killed: its lease, and a try elsewhere. In ms. */
const BOUND = 20_000

export function summarize(evidence: Evidence): Summary {
  const { calls, revoked, store, seconds, tokenRequests, failedLogins } = evidence
  const failed = calls.filter(({ result }) => result !== 'token')
  const problems: Record<string, number> = {}
  for (const { result } of failed) problems[result] = (problems[result] ?? 0) + 1
  const needless = failed.filter(({ account, result }) => account !== revoked || result !== 'grant-revoked').length
  const longest = Math.max(0, ...calls.map(({ took }) => took))
  const tokens = calls.length - failed.length
  const findings: readonly Finding[] = [
    {
      promise: 'every bot has its token, whatever happens to a replica',
      held: tokens > 0 && needless === 0,
      figure: `${calls.length} calls, ${needless} without a token that could have been had; ${evidence.moves} went elsewhere`,
    },
    {
      promise: 'one replica spends, and a refresh token once',
      held: evidence.atOnce === 1 && evidence.mostSent === 1,
      figure: `${tokenRequests} token requests, none twice`,
    },
    {
      promise: 'no call hangs',
      held: longest < BOUND,
      figure: `the longest took ${(longest / 1_000).toFixed(1)} s`,
    },
    {
      promise: 'a revoked grant is asked for once, and new credentials mend it',
      held: failedLogins === 1 && evidence.mended > 0,
      figure: `${failedLogins} failed login; ${problems['grant-revoked'] ?? 0} bots were told; ${evidence.mended} tokens since`,
    },
    {
      promise: 'a replica that is told to end does so in peace',
      held: evidence.drained === 0,
      figure: `it ended with ${evidence.drained}`,
    },
  ]
  const held = findings.every((finding) => finding.held)
  return { held, store, seconds, calls: calls.length, tokens, problems, longest, tokenRequests, failedLogins, findings }
}

export function closingLines({ findings, held }: Summary): readonly string[] {
  const rows = findings.map((one) => `  ${one.held ? '✓' : '✗'} ${one.promise}\n      ${one.figure}`)
  return [...rows, '', held ? 'All of it held.' : 'Not all of it held.']
}
