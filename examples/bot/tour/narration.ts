import type { SessionState } from '@evergrant/core'
import { describe, LABEL_WIDTH, timeOfDay, until } from '../words.ts'
import { ACTS, type Act } from './acts.ts'
import { ACCOUNTS, LIFETIME, ROUND, SERVER_AHEAD } from './pace.ts'
import type { Screen } from './screen.ts'
import type { Stage, StageListeners } from './stage.ts'

const COLOURS = {
  unauthenticated: 'gray',
  refreshing: 'cyan',
  valid: 'green',
  expiring: 'yellow',
  backoff: 'magenta',
  blocked: 'red',
  revoked: 'red',
} as const satisfies Record<SessionState, string>

const INDENT = ' '.repeat('  14:03:07.4  '.length + LABEL_WIDTH + 2)

/** Says what this is and how to stop it. */
export function printHeader({ line, style }: Screen, url: string): void {
  line(style('bold', 'evergrant: a bot that stays logged in'))
  line()
  line(`  A fake tastytrade on ${url} gives out access tokens that live ${LIFETIME} s in place of`)
  line(`  15 minutes, and its clock runs ${SERVER_AHEAD / 3_600_000} hours ahead of this machine's. A bot asks it for`)
  line(
    `  ${ACCOUNTS} balances, ${1_000 / ROUND} times a second, while ${ACTS.length} things happen to it. That takes about a minute.`,
  )
  line('  Ctrl-C stops it.')
}

export function printAct({ line, style }: Screen, { title, story }: Act, number: number): void {
  line()
  line(style('bold', `${number}/${ACTS.length}  ${title}`))
  line(`     ${style('dim', story)}`)
}

/** Prints what happens, with its time: from where to where the session goes and why, and what others do. */
export function createNarrator(screen: Screen): StageListeners {
  const { line, style } = screen
  let failing = ''

  function print(label: string, text: string): void {
    const [first = '', ...more] = wrap(text, screen.width)
    line(`  ${style('dim', timeOfDay(Date.now()))}  ${label}  ${first}`)
    for (const rest of more) line(INDENT + rest)
  }

  return {
    tell: (text) => print(style('blue', '·'.padEnd(LABEL_WIDTH)), text),
    report(event) {
      const words = describe(event)
      // A failure that goes on over a restart is told once.
      if (words === null || (event.type === 'failing' && words.text === failing)) return
      if (event.type !== 'status') failing = words.text
      const colour = event.type === 'status' ? COLOURS[event.after.state] : event.type === 'failing' ? 'red' : 'green'
      print(style(colour, words.label.padEnd(LABEL_WIDTH)), words.text)
      for (const text of wrap(words.help ?? '', screen.width)) line(INDENT + style('dim', text))
    },
  }
}

/** What is going on, as one line. */
export function progressLine({ status, doing, tally }: Stage, act: number, elapsed: number): string {
  const seconds = Math.floor(elapsed / 1_000)
  const where = act > ACTS.length ? '' : `act ${act}/${ACTS.length} · `
  const open = tally.open > 0 ? `, ${tally.open} under way` : ''
  const requests = `${tally.made} requests, ${tally.failed} failed${open}`
  const token = status.usable ? `token ${status.generation}, ${until(status.expiresAt)} left` : status.state
  return `  ${seconds} s · ${where}${doing} · ${requests} · ${token}`
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && INDENT.length + line.length + word.length >= width) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  return line === '' ? lines : [...lines, line]
}
