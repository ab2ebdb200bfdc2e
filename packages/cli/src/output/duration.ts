import { usage } from './command-error.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/

/** Reads `90`, `90s`, `1.5m`, `500ms` or `2h` as ms; a bare number means seconds. Throws `usage`. */
export function parseDuration(text: string): number {
  const [, amount, unit = 's'] = DURATION.exec(text) ?? []
  const ms = Number(amount) * (UNITS[unit] ?? Number.NaN)
  if (Number.isFinite(ms)) return Math.round(ms)
  throw usage(`${JSON.stringify(text)} is no duration`, 'Write it like 90s, 5m or 2h; a bare number counts seconds.')
}

/** `45 s`, `12 min 5 s`, `7 h 30 min`, `3 d 4 h`: two units at most. Less than a second is `0 s`. */
export function formatDuration(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000)
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2).filter(([count]) => count > 0)
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}
