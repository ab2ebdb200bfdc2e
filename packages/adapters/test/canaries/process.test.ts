import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expectNoCanary, fakeTastytrade, plantCanaries, type FakeTastytrade } from '@evergrant/testing'
import { describe, expect, it, onTestFinished } from 'vitest'

const BOT = fileURLToPath(new URL('../fixtures/canary-bot.ts', import.meta.url))
const PATIENCE = 120_000

interface Output {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** What it left in its file: the tokens that it was given last. */
  readonly stored: string
}

/** Runs the bot against the fake with Node's own debug output; its secrets come through the environment. */
async function runBot(fake: FakeTastytrade, url: string): Promise<Output> {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-canary-bot-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { clientSecret, refreshToken } = fake.credentials
  const env = {
    ...process.env,
    NODE_DEBUG: 'http,net,fetch,undici,tls,stream',
    TASTY_CLIENT_SECRET: clientSecret,
    TASTY_REFRESH_TOKEN: refreshToken,
  }
  const path = join(folder, '.secrets')
  const child = spawn(process.execPath, ['--conditions=@evergrant/source', BOT, url, path], { env })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: code as number | null, stdout, stderr, stored: readFileSync(path, 'utf8') }
}

const faults = {
  'no fault': [],
  'a server that repeats the secrets': ['echo-secrets'],
  'a token that is refused': ['api-unauthorized'],
  'connections that break': ['connection-reset'],
  'an answer that is cut off': ['truncated'],
} as const

describe('P11 a process prints no secret', () => {
  it.for(Object.entries(faults))('P11 over %s', { timeout: PATIENCE }, async ([, script]) => {
    const fake = fakeTastytrade({ rotation: 'strict' })
    await using listener = await fake.listen()
    const canaries = plantCanaries()
    canaries.note('client secret', fake.credentials.clientSecret)
    canaries.note('refresh token', fake.credentials.refreshToken)
    for (const fault of script) fake.fail(fault, { times: Number.POSITIVE_INFINITY })

    const { code, stdout, stderr, stored } = await runBot(fake, listener.url)
    for (const [, token = ''] of stored.matchAll(/"(eyJ[\w.-]+)"/g)) canaries.note('stored token', token)
    canaries.note('rotated refresh token', fake.currentRefreshToken())

    // Uncaught, so that Node itself prints it.
    expect(code).toBe(1)
    expect(stderr).toContain('DisposedError')
    expect(stderr).toContain('FETCH')
    expect(stdout).toContain('canary-bot.ts')
    expectNoCanary([stdout, stderr], canaries)
  })
})
