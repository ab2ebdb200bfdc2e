import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startExample } from './support/example-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

describe('examples/bot/bot.ts', () => {
  it('runs by itself until Ctrl-C', async () => {
    const cwd = temporaryFolder()
    const bot = startExample('bot/bot.ts', { cwd, pretend: true })
    await bot.line(/unauthenticated → refreshing +a token is wanted, and there is none$/)
    await bot.line(/refreshing → valid +token 1, good for 15 min$/)
    bot.interrupt()
    expect(await bot.ended).toBe(0)
    expect(await bot.stderr).toBe('')
    expect(readdirSync(cwd)).toEqual(['.secrets'])
  }, 60_000)

  it('says what is missing, and stays for it to come', async () => {
    const bot = startExample('bot/bot.ts', { cwd: temporaryFolder() })
    await bot.line(/ bot +There are no credentials /)
    await bot.line(
      /^ +Looked for TASTY_CLIENT_SECRET or .*\.env\. Get a client secret and a refresh token for production: /,
    )
    bot.interrupt()
    expect(await bot.ended).toBe(0)
    expect(await bot.stderr).toBe('')
  }, 60_000)
})
