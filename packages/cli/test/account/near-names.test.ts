import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nearNames } from '../../src/account/near-names.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

async function look(text: string | Uint8Array, env: Record<string, string> = {}) {
  const cwd = temporaryFolder()
  writeFileSync(join(cwd, '.env'), text)
  return nearNames({ env, cwd })
}

describe('a name in .env that is nearly right', () => {
  it.for([
    ['tasty_client_secret=x', 'TASTY_CLIENT_SECRET'],
    ['TASTY_CLIENT_SECRET: x', 'TASTY_CLIENT_SECRET'],
    ['export Tasty_Refresh_Token = x', 'TASTY_REFRESH_TOKEN'],
    ['TASTY_REFERSH_TOKEN=x', 'TASTY_REFRESH_TOKEN'],
    ['TASTY_CLIENT_SECRETS=x', 'TASTY_CLIENT_SECRET'],
    ['TASTYTRADE_REFRESH_TOKEN=x', 'TASTY_REFRESH_TOKEN'],
    ['TASTYTRADE_CLIENT_SECRET=x', 'TASTY_CLIENT_SECRET'],
    ['TASTY-REFRESH-TOKEN=x', 'TASTY_REFRESH_TOKEN'],
    ['TT_REFRESH_TOKEN=x', 'TASTY_REFRESH_TOKEN'],
    ['\u00A0TT_SECRET=x', 'TT_SECRET'],
    ['TT_SECRT=x', 'TT_SECRET'],
    ['CLIENT_SECRET=x', 'TASTY_CLIENT_SECRET'],
    ['TASTYTRADE_CLIENT_ID=x', 'TASTY_CLIENT_ID'],
  ])('%s is found with its line', async ([line, name]) => {
    await expect(look(`# mine\r\n${line}\r\n`)).resolves.toEqual([{ line: 2, name }])
  })

  it.for([
    '',
    '# tasty_client_secret=x',
    'TASTY_CLIENT_SECRET=',
    'DATABASE_URL=postgres://x',
    'LOG_LEVEL: debug',
    'SECRET=x',
    'x',
  ])('is not %j', async (line) => {
    await expect(look(line)).resolves.toEqual([])
  })

  it('is of no interest for a credential that is set', async () => {
    await expect(look('tasty_client_secret=x\nTT_SECRET=y')).resolves.toEqual([])
    await expect(look('tasty_client_secret=x\nREFRESH_TOKEN=x', { TASTY_CLIENT_SECRET: 'y' })).resolves.toEqual([
      { line: 2, name: 'TASTY_REFRESH_TOKEN' },
    ])
  })

  it('is found in what PowerShell writes, and nowhere if there is no file', async () => {
    await expect(look(Buffer.from('\uFEFFtt_secret=x', 'utf16le'))).resolves.toEqual([{ line: 1, name: 'TT_SECRET' }])
    await expect(nearNames({ env: {}, cwd: temporaryFolder() })).resolves.toEqual([])
  })
})
