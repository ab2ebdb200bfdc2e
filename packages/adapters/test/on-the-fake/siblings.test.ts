import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fakeTastytrade } from '@evergrant/testing'
import { expect, it, onTestFinished } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../fixtures/sibling-bot.ts', import.meta.url))
const SIBLINGS = 4
const CALLERS = 250
const PATIENCE = 60_000

async function startSibling(url: string, file: string, env: Record<string, string>): Promise<ChildProcess> {
  const child = fork(PROGRAM, [url, file], {
    execArgv: ['--conditions=@evergrant/source'],
    env: { ...process.env, ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

async function round(siblings: readonly ChildProcess[]): Promise<unknown[]> {
  const answers = siblings.map(async (child) => {
    const answered = once(child, 'message')
    child.send(CALLERS)
    const [answer] = (await answered) as [unknown]
    return answer
  })
  return Promise.all(answers)
}

it(
  'P1 a thousand callers in four processes on one file spend a strictly rotating grant once a token',
  { timeout: PATIENCE },
  async () => {
    const fake = fakeTastytrade({ rotation: 'strict' })
    await using listener = await fake.listen()
    const folder = await mkdtemp(join(tmpdir(), 'evergrant-siblings-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, '.secrets')
    const env = { SECRET: fake.credentials.clientSecret, REFRESH: fake.credentials.refreshToken }
    const siblings = await Promise.all(Array.from({ length: SIBLINGS }, () => startSibling(listener.url, file, env)))

    const everybody = (generation: number) => Array.from({ length: SIBLINGS }, () => ({ outcomes: ['ok'], generation }))
    expect(await round(siblings)).toEqual(everybody(1))
    expect(fake.tokenRequests).toBe(1)

    // Refused everywhere at once: one of them fetches the next, and the others take it from the file.
    fake.invalidateAccessTokens()
    expect(await round(siblings)).toEqual(everybody(2))
    expect(fake.tokenRequests).toBe(2)
    expect(fake.failedLogins).toBe(0)
    expect((await stat(file)).mode & 0o777).toBe(0o600)

    const ends = siblings.map((child) => once(child, 'exit'))
    for (const child of siblings) child.send(0)
    expect((await Promise.all(ends)).map(([code]) => code)).toEqual(Array.from({ length: SIBLINGS }, () => 0))
  },
)
