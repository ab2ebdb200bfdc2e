import type { StormProgress, StormReport } from './storm.ts'

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

/** One line on how it goes. */
export function progressLine({ strikes, load, losses, tokenRequests }: StormProgress, seconds: number): string {
  const { kill, pause, cut } = strikes
  return (
    `${String(seconds).padStart(4)} s  ${load.calls} calls: ${load.tokens} tokens, ${sum(load.problems)} problems; ` +
    `${kill} kills, ${pause} pauses, ${cut} cuts; ${tokenRequests} token requests, ${losses.length} grants lost`
  )
}

/** A table of what came of it, and what must not have been. */
export function closingLines(report: StormReport): readonly string[] {
  const { strikes, load, losses, broken } = report
  const reasons = new Map<string, number>()
  for (const { window } of losses) reasons.set(window ?? 'no reason', (reasons.get(window ?? 'no reason') ?? 0) + 1)
  const rows: readonly (readonly [string, string | number])[] = [
    ['calls', load.calls],
    ['  with a token', load.tokens],
    ...Object.entries(load.problems).map(([code, count]) => [`  with ${code}`, count] as const),
    ['longest call', `${load.longest} ms`],
    ['asked another replica', load.moves],
    ['tokens tried at the API', `${load.tried}, ${load.refused} refused`],
    ['kills, pauses, cuts', `${strikes.kill}, ${strikes.pause}, ${strikes.cut}`],
    ['token requests', report.tokenRequests],
    ['  failed logins', report.failedLogins],
    ['  with one refresh token at once', report.atOnce],
    ['grants lost in the window of P7', losses.length],
    ...[...reasons].map(([reason, lost]) => [`  ${reason}`, lost] as const),
  ]
  const unclear = losses.filter(({ window }) => window === 'stalled').map(({ account, story }) => [account, ...story])
  const verdict = broken.length === 0 ? ['All promises held.'] : broken.map((what) => `BROKEN ${what}`)
  return [...rows.map(([what, figure]) => `${what.padEnd(34)}${figure}`), '', ...unclear.flat(), ...verdict]
}
