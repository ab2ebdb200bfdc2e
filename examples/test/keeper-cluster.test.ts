import { describe, expect, it } from 'vitest'
import { connectAdmin, namesOf, REDIS_URL } from '../../packages/adapters/test/redis/server.ts'
import { startExample } from './support/example-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

interface PrintedSummary {
  readonly held: boolean
  readonly store: string
  readonly calls: number
  readonly tokens: number
  readonly problems: Readonly<Record<string, number>>
  readonly findings: readonly { readonly promise: string; readonly held: boolean }[]
}

const SCRIPT = 'keeper-cluster/main.ts'
const PATIENCE = 180_000

describe('three replicas of the keeper', () => {
  it(
    'keep their bots in tokens while one is killed and one replaced, and leave nothing in the store',
    async () => {
      const args = ['--once', '--json', '--store', 'redis']
      const cluster = startExample(SCRIPT, { args, cwd: temporaryFolder() })
      const summary = JSON.parse(await cluster.stdout) as PrintedSummary
      const told = await cluster.stderr
      expect(summary.findings.filter(({ held }) => !held)).toEqual([])
      expect(summary).toMatchObject({ held: true, store: 'redis' })
      expect(Object.keys(summary.problems)).toEqual(['grant-revoked'])
      expect(summary.tokens).toBeGreaterThan(0)
      expect(told).toContain('replica-2 is killed')
      expect(told).toContain('All of it held.')
      expect(await cluster.ended).toBe(0)

      const prefix = /under (evergrant-cluster:\w+:)/.exec(told)?.[1] ?? ''
      const admin = await connectAdmin(REDIS_URL)
      expect(prefix).not.toBe('')
      expect(await namesOf(admin, prefix)).toEqual([])
      admin.destroy()
    },
    PATIENCE,
  )

  it(
    'end at Ctrl-C',
    async () => {
      const cluster = startExample(SCRIPT, { args: ['--store', 'redis'], cwd: temporaryFolder() })
      await cluster.line(/twelve bots begin/)
      cluster.interrupt()
      expect(await cluster.ended).toBe(0)
      expect(await cluster.stdout).toMatch(/Stopped before the end: nothing was judged\.\n$/)
      expect(await cluster.stderr).toBe('')
    },
    PATIENCE,
  )

  it(
    'answer what they cannot do with one line',
    async () => {
      const complaints = {
        '--onec': "Unknown option '--onec'. Try --help.\n",
        '--store mysql': '--store takes postgres or redis. Try --help.\n',
      }
      for (const [args, complaint] of Object.entries(complaints)) {
        const cluster = startExample(SCRIPT, { args: args.split(' '), cwd: temporaryFolder() })
        expect(await cluster.stderr).toBe(complaint)
        expect(await cluster.ended).toBe(2)
      }
    },
    PATIENCE,
  )
})
