import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createSession, isInvalidOptions, isStoreSharing, type Provider } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { keyringStore } from '../src/keyring.ts'
import { isDisconnected, keychainFailure } from '../src/keyring/keychain-failure.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const CHILD = fileURLToPath(new URL('./keyring/headless-child.ts', import.meta.url))
const CANARY = 'canary-in-a-coal-mine'

interface Outcome {
  readonly code: string
  readonly message: string
  readonly help: string
}

/** A process that reaches no session bus, and no home but an empty folder. */
async function runHeadless(folder: string): Promise<Readonly<Record<string, Outcome>>> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    XDG_DATA_HOME: folder,
    XDG_RUNTIME_DIR: folder,
    TMPDIR: folder,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/no-bus`,
  }
  const node = ['--conditions=@evergrant/source', CHILD, CANARY]
  const { stdout } = await promisify(execFile)(process.execPath, node, { env, cwd: folder })
  return JSON.parse(stdout) as Record<string, Outcome>
}

// Other systems always have a keychain.
describe.runIf(process.platform === 'linux')('on a machine without a keychain', () => {
  it('each call says so, names the alternatives, and keeps nothing anywhere', async () => {
    const folder = temporaryFolder()
    const outcomes = await runHeadless(folder)
    expect(Object.keys(outcomes)).toEqual(['read', 'write', 'delete'])
    for (const outcome of Object.values(outcomes)) {
      expect(outcome.code).toBe('store-unavailable')
      expect(outcome.message).toContain('There is no keychain here')
      expect(outcome.help).toContain("encryptedStore(fileStore('.secrets'), { passphrase })")
      expect(outcome.help).toContain('Nothing was stored elsewhere')
    }
    expect(JSON.stringify(outcomes)).not.toContain(CANARY)
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('what a keychain library says', () => {
  /** Of a Secret Service that is stuck (SIGSTOP). */
  const NO_REPLY =
    'Did not receive a reply. Possible causes include: the remote application did not send a reply, the message bus ' +
    'security policy blocked the reply, the reply timeout expired, or the network connection was broken.'
  /** As seen from @napi-rs/keyring 2.1 and the platforms beneath. */
  const SAID: Readonly<Record<string, string>> = {
    'Platform failure: DBus error: Connection is closed': 'There is no keychain here: no Secret Service answers',
    'Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled at compile time':
      'There is no keychain here: no Secret Service answers',
    "Couldn't access platform storage: Secret Service: unlock prompt was dismissed": 'The keychain is locked',
    "Couldn't access platform storage: Secret Service: no result found": 'The keychain is locked',
    'User interaction is not allowed.': 'The keychain is locked',
    "Couldn't access platform storage: AccessDenied": 'The keychain refuses this program',
    "Attribute 'secret' is longer than platform limit of 2560 chars": 'The keychain takes no item of this size',
    'Entry is matched by 2 credentials: ambiguous': 'The keychain has several items of one name',
    'DBus error: The maximum number of active connections for UID 1000 has been reached':
      'The session bus takes no more connections',
    [`Platform failure: DBus error: ${NO_REPLY}`]: 'The keychain does not answer',
    'anything else': 'The keychain refused',
  }

  it('becomes a sentence of ours, and is not repeated (P11)', () => {
    for (const [said, message] of Object.entries(SAID)) {
      const failure = keychainFailure('my-bot', 'read', new Error(`${said} ${CANARY}`, { cause: CANARY }))
      expect(failure.message).toBe(`${message} (cannot read my-bot)`)
      expect(failure.code).toBe('store-unavailable')
      expect(failure.help).not.toBe('')
      expect([failure.cause, JSON.stringify(failure).includes(CANARY)]).toEqual([undefined, false])
    }
    expect(keychainFailure('my-bot', 'read', CANARY).message).toBe('The keychain refused (cannot read my-bot)')
  })

  it('P12 is a reason to ask once more if the connection ended, and none if nobody answered in time', () => {
    const ended = 'DBus error: Message recipient disconnected from message bus without replying'
    expect(isDisconnected(new Error(`Platform failure: ${ended}`))).toBe(true)
    expect(isDisconnected(new Error(`Platform failure: DBus error: ${NO_REPLY}`))).toBe(false)
  })
})

describe('keyringStore', () => {
  const provider: Provider = { issuer: 'https://server.test', requestToken: () => Promise.reject(new Error('unused')) }

  it('P1 is refused by core where several processes are asked for', () => {
    for (const sharing of ['host', 'network'] as const) {
      expect(() => createSession({ provider, store: keyringStore(), sharing })).toThrow(
        expect.toSatisfy(isStoreSharing) as Error,
      )
    }
  })

  it('refuses options that cannot be used, at once', () => {
    const wrong = [{ service: '' }, { service: 'x'.repeat(101) }, { maxWait: 0 }, { maxWait: NaN }, { sevice: 'x' }]
    for (const options of wrong) {
      expect(() => keyringStore(options)).toThrow(expect.toSatisfy(isInvalidOptions) as Error)
    }
  })
})
