import { readFileSync } from 'node:fs'
import { EvergrantError } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { columns } from '../src/output/columns.ts'
import { CommandError } from '../src/output/command-error.ts'
import { inCommandWords } from '../src/output/command-words.ts'
import { formatDuration, parseDuration } from '../src/output/duration.ts'
import { ENDINGS, EXIT_CODES, exitCodeOf, exitCodeOfStatus, MEANINGS } from '../src/output/exit-code.ts'
import { tellFailure, type FailureView } from '../src/output/failure.ts'
import { formatMoment } from '../src/output/moment.ts'
import { printable } from '../src/output/printable.ts'
import { Interrupted } from '../src/terminal/interrupts.ts'
import { createVirtualRig } from './support/virtual-rig.ts'

describe('durations', () => {
  it.for([
    ['90', 90_000],
    ['90s', 90_000],
    ['1.5m', 90_000],
    ['500ms', 500],
    ['2h', 7_200_000],
    ['0', 0],
  ] as const)('reads %s', ([text, ms]) => expect(parseDuration(text)).toBe(ms))

  it.for(['', '-1', '1d', 's', '1 m', '1e3', 'NaN', '9'.repeat(400)])('does not read %j', (text) => {
    expect(() => parseDuration(text)).toThrow(CommandError)
  })

  it.for([
    [-5, '0 s'],
    [999, '0 s'],
    [45_999, '45 s'],
    [60_000, '1 min'],
    [725_000, '12 min 5 s'],
    [27_000_000, '7 h 30 min'],
    [3_600_000 + 5_000, '1 h'],
    [273_600_000, '3 d 4 h'],
  ] as const)('writes %d ms as %s', ([ms, text]) => expect(formatDuration(ms)).toBe(text))

  it('writes moments with their distance, and the date of far ones', () => {
    const now = new Date(2026, 2, 2, 14, 30).getTime()
    expect(formatMoment(now + 552_000, now)).toBe('14:39:12 (in 9 min 12 s)')
    expect(formatMoment(now - 5_000, now)).toBe('14:29:55 (5 s ago)')
    expect(formatMoment(now + 86_400_000, now)).toBe('2026-03-03 14:30:00 (in 1 d)')
  })
})

describe('texts', () => {
  it('stand in columns, whatever their colours', () => {
    const rows = [
      ['\u001B[2ma\u001B[22m', 'x'],
      ['long', 'y', 'z'],
      ['b', ''],
    ]
    expect(columns(rows)).toBe('\u001B[2ma\u001B[22m     x\nlong  y  z\nb\n')
  })

  it('are stripped of what a terminal would obey', () => {
    expect(printable('a\u001B[2J\nb\u202E')).toBe('a [2J b')
  })
})

describe('a failure', () => {
  function tell(error: unknown, view: Partial<FailureView> = {}) {
    let text = ''
    const stderr = { write: (said: string) => ((text += said), true) } as NodeJS.WritableStream
    const clock = { now: () => 0, monotonic: () => 0, alarm: () => ({ [Symbol.dispose]: () => undefined }) }
    return {
      code: tellFailure(error, { stderr, env: {}, clock }, { json: false, debug: false, ...view }),
      text,
    }
  }

  it('has a code, a message and what to do next', () => {
    const error = new EvergrantError('store-insecure', {
      message: 'Open',
      help: 'Close it.',
      details: { location: '/x' },
    })
    expect(tell(error)).toEqual({ code: 7, text: 'evergrant: Open (store-insecure)\n  Close it.\n' })
    expect(JSON.parse(tell(error, { json: true }).text)).toEqual({
      error: { code: 'store-insecure', message: 'Open', help: 'Close it.', details: { location: '/x' }, exitCode: 7 },
    })
  })

  it('of a stranger is not quoted, and no failure has a stack, unless somebody debugs', () => {
    const error = new TypeError('quotes secret-1', { cause: new Error('deeper') })
    const { code, text } = tell(error)
    expect(code).toBe(1)
    expect(text).toMatch(/^evergrant: Unexpected TypeError \(internal\)\n {2}.*--debug.*\n$/)
    const debugged = tell(error, { debug: true }).text
    expect(debugged).toMatch(/TypeError: quotes secret-1\n {4}at [^]*caused by: Error: deeper\n {4}at /)
    expect(tell('thrown').text).toContain('Unexpected string')
  })

  it('that the doctor can explain names it, before what mends it', () => {
    const error = new EvergrantError('grant-revoked', { message: 'Dead', help: 'New.', details: { account: 'a' } })
    expect(tell(error).text).toContain('\n  New. Then run: evergrant login\n')
    const next = 'New. To find out why, run evergrant doctor. Then run: evergrant login'
    expect(tell(error, { doctor: true }).text).toContain(`\n  ${next}\n`)
    expect(JSON.parse(tell(error, { doctor: true, json: true }).text)).toMatchObject({ error: { help: next } })
    const unanswered = new CommandError('request-failed', { message: 'Silence', help: 'Wait.' })
    expect(tell(unanswered, { doctor: true }).text).toContain('\n  Wait. To find out why, run evergrant doctor.\n')
    expect(tell(new CommandError('usage', { message: 'What?', help: '' }), { doctor: true }).text).not.toContain(
      'doctor',
    )
  })

  it('that is an interrupt needs no words', () => {
    expect(tell(new Interrupted('SIGINT'))).toEqual({ code: 130, text: '' })
    expect(tell(new Interrupted('SIGTERM'))).toEqual({ code: 143, text: '' })
  })
})

describe('help', () => {
  const waited = (cause?: unknown) =>
    new EvergrantError('wait-timeout', { message: 'Late', help: 'Use maxWait.', details: { waited: 1 }, cause })

  it('that is meant for programs is said for the command line, with all else as it is', () => {
    const error = waited(new Error('deeper'))
    const told = inCommandWords(error)
    expect(told).toMatchObject({
      code: 'wait-timeout',
      message: 'Late',
      help: 'Try again later, or wait longer with --timeout, e.g. evergrant token --timeout 2m.',
      details: { waited: 1 },
      cause: error.cause,
      stack: error.stack,
    })
  })

  it('that is about a cause stays, and so does what has no options in it', () => {
    const caused = waited(
      new EvergrantError('edge-refused', { message: '', help: '', details: { until: 0, retryAt: 0 } }),
    )
    const corrupt = new EvergrantError('record-corrupt', { message: '', help: '', details: { key: '' } })
    for (const error of [caused, corrupt, new Error('strange'), 'text']) expect(inCommandWords(error)).toBe(error)
  })
})

describe('exit codes', () => {
  it('are told apart', () => {
    const codes = Object.values(EXIT_CODES)
    expect(new Set(codes).size).toBe(codes.length)
    expect(exitCodeOf('grant-revoked')).toBe(4)
    expect(exitCodeOf('login-budget-spent')).toBe(5)
    expect(exitCodeOf('internal')).toBe(1)
    expect([200, 204, 304, 399, 400, 401, 499, 500, 503].map(exitCodeOfStatus)).toEqual([0, 0, 0, 0, 8, 8, 8, 9, 9])
  })

  it('are in the README with their meanings, and with the codes of the failures that end so', () => {
    const rows = readme()
      .split('\n')
      .filter((line) => /^\| [\d+n]+ \|/.test(line))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
    const codesOf = (ending: string): string =>
      Object.entries(ENDINGS)
        .filter(([, one]) => one === ending)
        .map(([code]) => `\`${code}\``)
        .join(', ')
    expect(rows).toEqual([
      ...Object.entries(EXIT_CODES).map(([ending, exitCode]) => [
        String(exitCode),
        MEANINGS[ending as keyof typeof EXIT_CODES],
        codesOf(ending),
      ]),
      ['128+n', 'ended by signal n', ''],
    ])
  })

  it('come with a failure in the shape that the README shows', async () => {
    const shown = JSON.parse(/```json\n(.*)\n```/.exec(readme())?.[1] ?? '') as { error: Record<string, unknown> }
    const { fake, run } = createVirtualRig()
    fake.fail('never-answers')
    const { code, err } = await run(['token', '--json', '--timeout', '2s'])
    const { error } = JSON.parse(err) as typeof shown
    expect(Object.keys(error)).toEqual(Object.keys(shown.error))
    expect(error).toMatchObject({ code: shown.error['code'], details: { waited: expect.any(Number) }, exitCode: code })
    expect(code).toBe(shown.error['exitCode'])
    expect(err).toMatch(/^[^\n]+\n$/)
  })
})

function readme(): string {
  return readFileSync(new URL('../README.md', import.meta.url), 'utf8')
}
