import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startExample } from './support/example-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

interface PrintedSummary {
  readonly held: boolean
  readonly requests: number
  readonly failures: { readonly seen: number; readonly avoidable: number }
  readonly tokenRequests: number
  readonly failedLogins: number
  readonly promises: readonly { readonly promise: string; readonly held: boolean; readonly figure: string }[]
}

const PROMISES = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P9', 'P10', 'P11', 'P12', 'P13', 'P15', 'bot']

describe('npm start', () => {
  it('P1 P2 P3 P4 P5 P6 P9 P10 P11 P12 P13 P15 hold on the whole tour, and it leaves nothing behind', async () => {
    const cwd = temporaryFolder()
    const tour = startExample('bot/tour.ts', { args: ['--once', '--json'], cwd })
    const [line, ...more] = (await tour.stdout).split('\n')
    const told = await tour.stderr
    expect(more).toEqual([''])
    const summary = JSON.parse(line ?? '') as PrintedSummary
    expect(summary.promises.filter(({ held }) => !held)).toEqual([])
    expect(summary.promises.map(({ promise }) => promise)).toEqual(PROMISES)
    expect(summary).toMatchObject({ held: true, failedLogins: 1, failures: { avoidable: 0 } })
    expect(summary.requests).toBeGreaterThan(100)
    expect(summary.tokenRequests).toBeGreaterThan(10)
    expect(told).toContain('Every promise held')
    for (const state of ['refreshing', 'valid', 'expiring', 'backoff', 'blocked', 'revoked']) {
      expect(told).toMatch(new RegExp(`^ {2}\\d\\d:\\d\\d:\\d\\d\\.\\d {2}\\w+ → ${state} +\\S`, 'm'))
    }
    expect(await tour.ended).toBe(0)
    expect(readdirSync(cwd)).toEqual([])
  }, 180_000)

  it('ends cleanly at Ctrl-C', async () => {
    const cwd = temporaryFolder()
    const tour = startExample('bot/tour.ts', { cwd })
    await tour.line(/^1\/7 /)
    await tour.line(/refreshing → valid/)
    expect(readdirSync(cwd)).toHaveLength(1)
    tour.interrupt()
    expect(await tour.ended).toBe(0)
    expect(await tour.stdout).toMatch(/Stopped before the end: nothing was judged\.\n$/)
    expect(await tour.stderr).toBe('')
    expect(readdirSync(cwd)).toEqual([])
  }, 60_000)

  it('counts a tour that was stopped as one that did not hold, where only that was asked for', async () => {
    const tour = startExample('bot/tour.ts', { args: ['--once'], cwd: temporaryFolder() })
    await tour.line(/^1\/7 /)
    tour.interrupt()
    expect(await tour.ended).toBe(1)
    expect(await tour.stdout).not.toContain('held')
  }, 60_000)

  it('answers what it cannot do with one line', async () => {
    const complaints = {
      '--onec': "Unknown option '--onec'. Try --help.\n",
      '--sandbox': '--sandbox goes with --live.\n',
      '--live --once': '--live has no end: it goes without --once and --json.\n',
    }
    for (const [args, complaint] of Object.entries(complaints)) {
      const tour = startExample('bot/tour.ts', { args: args.split(' '), cwd: temporaryFolder() })
      expect(await tour.stderr).toBe(complaint)
      expect(await tour.stdout).toBe('')
      expect(await tour.ended).toBe(2)
    }
  }, 60_000)

  it('says which variables to set for --live without credentials', async () => {
    for (const args of [['--live'], ['--live', '--sandbox']]) {
      const tour = startExample('bot/tour.ts', { args, cwd: temporaryFolder() })
      expect(await tour.stderr).toMatch(/^There are no credentials.*TASTY_CLIENT_SECRET and TASTY_REFRESH_TOKEN.*\n$/)
      expect(await tour.stdout).toBe('')
      expect(await tour.ended).toBe(2)
    }
  }, 60_000)

  it('P11 runs the same bot at tastytrade with --live, keeps its token in a file of its own, and shows it to nobody', async () => {
    const cwd = temporaryFolder()
    const bot = startExample('bot/tour.ts', { args: ['--live', '--sandbox'], cwd, pretend: true })
    await bot.line(/refreshing → valid +token 1, good for 15 min$/)
    bot.interrupt()
    const shown = await bot.stdout
    expect(shown).toMatch(/^A bot at tastytrade, sandbox\. .*Ctrl-C ends it\.\n/)
    expect(await bot.stderr).toBe('')
    expect(await bot.ended).toBe(0)
    expect(readdirSync(cwd)).toEqual(['.secrets'])
    const path = join(cwd, '.secrets')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const tokens = readFileSync(path, 'utf8').match(/ey[\w-]+\.ey[\w-]+\.[\w-]+/g) ?? []
    expect(tokens).toHaveLength(1)
    for (const token of tokens) expect(shown).not.toContain(token)
  }, 60_000)
})
