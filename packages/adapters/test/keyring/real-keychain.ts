import { missingPrograms, startSecretService, type SecretService } from './secret-service.ts'

/** The keychain that the tests may use. */
export interface RealKeychain {
  /** `own`: a Secret Service of the tests. `user's`: that of whoever runs them, on macOS and Windows. */
  readonly kind: 'own' | "user's" | 'none'
  /** Why there is none, and how to have one; empty if there is. */
  readonly reason: string
  readonly start: () => Promise<SecretService>
}

const nothing = (): Promise<void> => Promise.resolve()
const NOTHING_TO_START: SecretService = { restart: nothing, killAt: nothing, stop: nothing }

/** Says it plainly where tests have to be left out. */
export function realKeychain(): RealKeychain {
  const keychain = findKeychain()
  if (keychain.kind === 'none') console.warn(`LEFT OUT: tests on a real keychain. ${keychain.reason}`)
  return keychain
}

function findKeychain(): RealKeychain {
  const start = (): Promise<SecretService> => Promise.resolve(NOTHING_TO_START)
  if (process.platform === 'linux') {
    const missing = missingPrograms()
    if (missing.length === 0) return { kind: 'own', reason: '', start: startSecretService }
    const reason = `There is no ${missing.join(' and no ')} here: apt-get install dbus gnome-keyring`
    return { kind: 'none', reason, start }
  }
  const { CI, KEYCHAIN_TESTS } = process.env
  if (CI === 'true' || KEYCHAIN_TESTS === '1') return { kind: "user's", reason: '', start }
  return { kind: 'none', reason: 'They would write to your own keychain: KEYCHAIN_TESTS=1 allows it', start }
}
