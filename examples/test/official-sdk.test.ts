import { describe, expect, it } from 'vitest'
import { startExample } from './support/example-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const BALANCES = ['  9EV00001  12,162.5 USD', '  9EV00002  12,412.5 USD']

describe('examples/official-sdk', () => {
  it('P10 goes on after the server has refused its token', async () => {
    const sdk = startExample('official-sdk/main.ts', { cwd: temporaryFolder() })
    expect((await sdk.stdout).trim().split('\n')).toEqual([
      'The accounts of an invented customer',
      ...BALANCES,
      'The server has thrown away its tokens; the SDK alone would fail from here on.',
      ...BALANCES,
      '2 token requests',
    ])
    expect(await sdk.stderr).toBe('')
    expect(await sdk.ended).toBe(0)
  }, 60_000)
})
