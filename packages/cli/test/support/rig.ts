import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { createSession, type CredentialsInput, type TokenSession } from '@evergrant/core'
import { fakeTastytrade, type FakeTastytrade, type FakeTastytradeOptions } from '@evergrant/testing'
import { onTestFinished } from 'vitest'
import { credentialVariables } from '../../src/sandbox/environment-lines.ts'
import { start, type ConsoleOptions, type Outcome, type Running } from './console.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A fake tastytrade on loopback, a folder with a `.secrets`, and the command line in it. */
export interface Rig {
  readonly fake: FakeTastytrade
  readonly url: string
  readonly folder: string
  readonly store: string
  /** What sends a command to the fake. */
  readonly env: Readonly<Record<string, string>>
  /** The same, with the credentials of the fake. */
  readonly loggedIn: Readonly<Record<string, string>>
  readonly start: (argv: readonly string[], options?: Partial<ConsoleOptions>) => Running
  /** One command line, to its end. */
  readonly run: (argv: readonly string[], options?: Partial<ConsoleOptions>) => Promise<Outcome>
  /** A bot on the same store; it ends with the test. */
  readonly bot: (account?: string, credentials?: CredentialsInput) => TokenSession
  /** Puts credentials into the store, as a login does. */
  readonly logIn: (account?: string, credentials?: CredentialsInput) => Promise<void>
}

export async function createRig(options: FakeTastytradeOptions = {}): Promise<Rig> {
  const fake = fakeTastytrade(options)
  const server = await fake.listen()
  onTestFinished(() => server.close())
  const folder = temporaryFolder()
  const store = join(folder, '.secrets')
  const env = { EVERGRANT_ENV: 'sandbox', EVERGRANT_BASE_URL: server.url }
  const loggedIn = { ...env, ...credentialVariables(fake.credentials) }

  function bot(account = 'default', credentials?: CredentialsInput): TokenSession {
    const provider = tastytrade({ environment: 'sandbox', baseUrl: server.url })
    const session = createSession({ provider, store: fileStore(store), account, credentials })
    onTestFinished(() => session.dispose())
    return session
  }

  const startHere: Rig['start'] = (argv, more = {}) => start(argv, { cwd: folder, env: loggedIn, ...more })

  return {
    fake,
    url: server.url,
    folder,
    store,
    env,
    loggedIn,
    bot,
    start: startHere,
    run: (argv, more) => startHere(argv, more).ended,
    logIn: async (account, { clientId, clientSecret, refreshToken } = fake.credentials) => {
      const session = bot(account)
      await session.setCredentials({ clientId, clientSecret, refreshToken })
      await session.dispose()
    },
  }
}
