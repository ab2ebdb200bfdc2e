import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fakeTastytrade } from '@evergrant/testing'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const bot = fileURLToPath(new URL('../fixtures/idle-bot.ts', import.meta.url))

it('P12 a process with an idle session ends by itself', { timeout: 60_000 }, async () => {
  const fake = fakeTastytrade()
  await using listener = await fake.listen()
  const { clientSecret, refreshToken } = fake.credentials
  const env = { ...process.env, SECRET: clientSecret, REFRESH: refreshToken }
  // Without an exit of its own the child would be killed by the time-out, and the call would reject.
  const child = await run(process.execPath, ['--conditions=@evergrant/source', bot, listener.url], {
    env,
    timeout: 30_000,
  })
  expect(child.stdout.trim()).toBe('generation 1, valid')
  expect(fake.tokenRequests).toBe(1)
})
