import { fingerprint, invalidOptions, redact, secret, type Secret } from '@evergrant/core'
import { loginFailed } from '../login/login-result.ts'

const STATE_BYTES = 32
const BEGIN_AGAIN = 'Begin a new login, and finish it with the address at which its own browser window arrived.'

/** Hexadecimal, since no page on the way writes that any other way. */
export function randomState(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(STATE_BYTES))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * The code of a callback (RFC 6749 section 4.1.2) that belongs to the login with this state. Throws
 * `token-request-failed`, which repeats neither, or `invalid-options` for what is no address.
 */
export function codeOfCallback(callbackUrl: string | URL, redirectUri: URL, state: string): Secret {
  const url = URL.parse(String(callbackUrl), redirectUri)
  if (url === null) throw invalidOptions('callbackUrl', 'is no URL', 'Give the address at which the browser arrived.')
  const { searchParams } = url
  const code = secret(only(searchParams, 'code') ?? '')
  // By their marks: how long it takes to compare those says nothing of the state.
  if (fingerprint(only(searchParams, 'state') ?? '') !== fingerprint(state)) {
    throw loginFailed({ kind: 'malformed', description: 'the callback does not belong to this login' }, BEGIN_AGAIN)
  }
  const refusal = searchParams.get('error')
  if (refusal !== null) {
    const said = searchParams.get('error_description')
    const description = said === null ? {} : { description: redact(said, [code]) }
    throw loginFailed({ kind: 'rejected', oauthCode: redact(refusal, [code]), ...description }, BEGIN_AGAIN)
  }
  if (code.reveal() === '') {
    throw loginFailed({ kind: 'malformed', description: 'the callback has no code' }, BEGIN_AGAIN)
  }
  return code
}

/** A parameter that comes twice is none (RFC 6749 section 3.1). */
function only(parameters: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = parameters.getAll(name)
  return more.length === 0 ? value : undefined
}
