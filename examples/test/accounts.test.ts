import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { startExample } from './support/example-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

// For slow machines: nothing here waits for time.
vi.setConfig({ testTimeout: 60_000 })

describe('examples/accounts', () => {
  it('prints the customer, the accounts, the balances and the positions of its own fake', async () => {
    const accounts = startExample('accounts/main.ts', { cwd: temporaryFolder() })
    expect(await accounts.stderr).toBe('')
    expect((await accounts.stdout).split('\n')).toEqual([
      'Accounts at a fake tastytrade on this machine',
      '',
      'Ada Example <ada@example.invalid>',
      '2 accounts',
      '',
      '9EV00001  Individual, margin, owner',
      '  Net liquidating value          12,162.50 USD',
      '  Cash balance                   10,250.00 USD',
      '  Equity buying power            20,500.00 USD',
      '  Derivative buying power        10,250.00 USD',
      '  Position  Type    Quantity  Opened at  Last close',
      '  EXMPL     Equity   15 long     118.25      127.50',
      '',
      '9EV00002  Individual 2 (Individual), margin, owner',
      '  Net liquidating value          12,412.50 USD',
      '  Cash balance                   10,500.00 USD',
      '  Equity buying power            21,000.00 USD',
      '  Derivative buying power        10,500.00 USD',
      '  Position  Type    Quantity  Opened at  Last close',
      '  EXMPL     Equity   15 long     118.25      127.50',
      '',
    ])
    expect(await accounts.ended).toBe(0)
  })

  it('says which variables to set where a real account is asked for without credentials', async () => {
    for (const flag of ['--live', '--sandbox']) {
      const accounts = startExample('accounts/main.ts', { args: [flag], cwd: temporaryFolder() })
      expect(await accounts.stderr).toMatch(/TASTY_CLIENT_SECRET and TASTY_REFRESH_TOKEN.*\n$/)
      expect(await accounts.stdout).toBe('')
      expect(await accounts.ended).toBe(2)
    }
  })

  it('asks tastytrade where there are credentials', async () => {
    for (const [args, place] of [
      [[], 'production'],
      [['--live'], 'production'],
      [['--sandbox'], 'sandbox'],
    ] as const) {
      const accounts = startExample('accounts/main.ts', { args, cwd: temporaryFolder(), pretend: true })
      expect(await accounts.stderr).toBe('')
      expect(await accounts.stdout).toContain(`Accounts at tastytrade, ${place}\n\nAda Example`)
      expect(await accounts.ended).toBe(0)
    }
  })

  it('names the credential that is missing beside the one that is there, and does not show that', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, '.env'), 'TASTY_CLIENT_SECRET=canary-client-secret\n')
    const accounts = startExample('accounts/main.ts', { cwd })
    const complaint = await accounts.stderr
    expect(complaint).toContain('TASTY_REFRESH_TOKEN')
    expect(complaint).not.toContain('canary')
    expect(await accounts.stdout).toBe('')
    expect(await accounts.ended).toBe(1)
  })

  it('answers an unknown option with one line', async () => {
    const accounts = startExample('accounts/main.ts', { args: ['--lively'], cwd: temporaryFolder() })
    expect(await accounts.stderr).toBe("Unknown option '--lively'. Try --help.\n")
    expect(await accounts.stdout).toBe('')
    expect(await accounts.ended).toBe(2)
  })
})
