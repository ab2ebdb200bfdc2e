import { invalidOptions } from '@evergrant/core'
import type { TimeOfDay } from '../time/next-time-of-day.ts'
import type { SigningKey } from './options.ts'

// RFC 6749 section 3.3.
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/
/** What the library or this adapter puts into a request itself. */
const RESERVED: ReadonlySet<string> = new Set([
  'client_assertion',
  'client_assertion_type',
  'client_id',
  'client_secret',
  'code',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
  'device_code',
  'dpop_jkt',
  'grant_type',
  'redirect_uri',
  'refresh_token',
  'response_type',
  'scope',
  'state',
])

export function scopeOf(option: string, scope: string | undefined): string | undefined {
  if (scope === undefined || scope === '') return undefined
  if (SCOPE.test(scope)) return scope
  throw invalidOptions(option, 'is not a list that a server can read', 'Write the scopes with one space between them.')
}

export function textOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  if (text === text.trim()) return text
  throw invalidOptions(option, 'begins or ends with white space', 'Copy it again without the white space.')
}

const CLOCK_TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/

export function timeOfDay(option: string, daily: TimeOfDay | undefined): TimeOfDay | undefined {
  if (daily === undefined) return undefined
  const { time, timeZone } = daily
  if (!CLOCK_TIME.test(time)) {
    throw invalidOptions(`${option}.time`, 'is no time of day', 'Write it as HH:MM, from 00:00 to 23:59.')
  }
  if (isTimeZone(timeZone)) return { time, timeZone }
  throw invalidOptions(`${option}.timeZone`, 'is not known here', 'Use an IANA name, such as Asia/Kolkata.')
}

function isTimeZone(name: unknown): boolean {
  if (typeof name !== 'string') return false
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

export function additionalParameters(
  option: string,
  parameters: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  for (const name of Object.keys(parameters)) {
    if (RESERVED.has(name)) {
      throw invalidOptions(
        `${option}.${name}`,
        'is set by evergrant',
        'Leave it out; most have an option of their own.',
      )
    }
  }
  return parameters
}

export function signingKey(privateKey: CryptoKey | SigningKey | undefined): SigningKey | undefined {
  if (privateKey === undefined) return undefined
  const named = 'key' in privateKey ? privateKey : { key: privateKey }
  checkPrivate('privateKey', named.key)
  return named
}

export function dpopKeyPair(pair: CryptoKeyPair | undefined): CryptoKeyPair | undefined {
  if (pair === undefined) return undefined
  checkPrivate('dpop', pair.privateKey)
  if (!pair.publicKey?.extractable) {
    throw invalidOptions('dpop', 'has no extractable public key', 'Each proof shows it: give the pair as generated.')
  }
  return pair
}

function checkPrivate(option: string, key: CryptoKey | undefined): void {
  if (key?.type === 'private' && key.usages.includes('sign')) return
  throw invalidOptions(option, 'has no private key that may sign', 'Generate or import it with the usage sign.')
}
