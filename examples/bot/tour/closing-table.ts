import type { Screen } from './screen.ts'
import type { Summary } from './summary.ts'

/** The end of the tour, as lines. */
export function closingTable(summary: Summary, { style }: Pick<Screen, 'style'>): readonly string[] {
  const { requests, failures, waited, tokenRequests, failedLogins, restarts, promises, held } = summary
  const row = (name: string, count: number, more = ''): string => {
    const figure = `  ${name.padEnd(20)}${String(count).padStart(6)}`
    return more === '' ? figure : `${figure}   ${style('dim', more)}`
  }
  const causes = [
    `${failures.serverSilent} in the server's silence`,
    `${failures.grantRevoked} under the revoked grant`,
    `${failures.avoidable} avoidable`,
  ]
  const broken = promises.filter((promise) => !promise.held).length
  const verdict = held
    ? style(['bold', 'green'], `Every promise held, in ${summary.seconds} s.`)
    : style(
        ['bold', 'red'],
        broken > 0 ? `Promises that did not hold: ${broken}.` : 'The tour did not come to its end.',
      )
  return [
    style('bold', 'What the bot saw'),
    row('requests', requests),
    row('failures', failures.seen, failures.seen > 0 ? causes.join(', ') : ''),
    row('waited for a token', waited.requests, waited.requests > 0 ? `the longest ${waited.longest} ms` : ''),
    row('restarts', restarts),
    style('bold', 'What the server saw'),
    row('token requests', tokenRequests),
    row('failed logins', failedLogins),
    '',
    style('bold', 'Promises'),
    ...promises.map(({ promise, name, held: kept, figure }) => {
      const mark = kept ? style('green', 'held  ') : style(['bold', 'red'], 'BROKEN')
      return `  ${promise.padStart(3)}  ${name.padEnd(27)} ${mark}  ${style('dim', figure)}`
    }),
    '',
    verdict,
  ]
}
