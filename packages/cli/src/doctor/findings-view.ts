import { stripVTControlCharacters } from 'node:util'
import type { Ink, Paint } from '../output/paint.ts'
import { printable } from '../output/printable.ts'
import type { DoctorReport } from './doctor-report.ts'
import type { Finding, Level } from './finding.ts'

const INKS: Readonly<Record<Level, Ink>> = { ok: 'green', note: 'dim', warning: 'yellow', error: 'red' }
const WIDEST = 'warning'.length
const INDENT = ' '.repeat(WIDEST + 2)

/** One finding as lines for people: the level in words too, for who sees no colours. */
export function findingView({ level, title, cause, next, page }: Finding, paint: Paint): string {
  const word = paint(INKS[level], level)
  const gap = ' '.repeat(WIDEST + 2 - stripVTControlCharacters(word).length)
  const lines = [`${word}${gap}${printable(title)}`]
  if (cause !== '') lines.push(`${INDENT}${paint('dim', 'why   ')}${printable(cause)}`)
  for (const [place, step] of next.entries()) {
    lines.push(`${INDENT}${paint('dim', place === 0 ? 'next  ' : '      ')}${place + 1}. ${printable(step)}`)
  }
  if (page !== null) lines.push(`${INDENT}${paint('dim', 'page  ')}${page}`)
  return `${lines.join('\n')}\n`
}

/** The last line. */
export function summaryView({ findings, logins }: DoctorReport, paint: Paint): string {
  const count = (level: Level): number => findings.filter((one) => one.level === level).length
  const errors = count('error')
  const warnings = count('warning')
  const spent = logins === 0 ? 'No login was spent.' : 'One login was spent.'
  if (errors + warnings === 0) return `\n${paint('green', 'All is well.')} ${spent}\n`
  const parts = [
    ...(errors === 0 ? [] : [paint('red', `${errors} ${errors === 1 ? 'error' : 'errors'}`)]),
    ...(warnings === 0 ? [] : [paint('yellow', `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`)]),
  ]
  return `\n${parts.join(', ')}. ${spent}\n`
}
