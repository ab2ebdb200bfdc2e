import {
  fingerprint,
  isTokenRequestFailed,
  secret,
  tokenRequestError,
  type Credentials,
  type Secret,
  type TokenResponse,
} from '@evergrant/core'
import { nothingSent } from '../http/nothing-sent.ts'
import type { TastytradeLegacySettings } from './options.ts'
import { CHALLENGE, post } from './post.ts'
import { isChallenge, isRefused, isRetired, reasonOf, refusal } from './refusal.ts'
import { askSecondFactor } from './second-factor.ts'
import { readSessionBody } from './session-body.ts'

// docs/protocol.md#password-logins
const OTP = 'x-tastyworks-otp'

/** What a provider knows from its logins so far. */
export interface LoginMemory {
  retired: boolean
  /** Mark of the remember token that was refused last. */
  refused: string | null
}

/** One way to prove who logs in. */
interface Proof {
  readonly login: string
  readonly kind: 'password' | 'remember-token'
  readonly value: Secret
  /** Everything that the server may have heard of, and may repeat. */
  readonly secrets: readonly Secret[]
}

/**
 * One login (docs/protocol.md#password-logins): with the remember token, or else with the password. A remember token
 * that the server refuses is followed at once by the password, where there is one: it was spent, or has expired, which
 * says nothing about the account.
 */
export async function logIn(
  settings: TastytradeLegacySettings,
  memory: LoginMemory,
  { clientId: login, clientSecret: password, refreshToken }: Credentials,
  signal: AbortSignal,
): Promise<TokenResponse> {
  if (login === undefined) throw nothingSent('the credentials have no user name (clientId)')
  const secrets = [password, refreshToken].filter((known) => known !== undefined)
  const known = password !== undefined && refreshToken !== undefined && memory.refused === fingerprint(refreshToken)
  if (refreshToken !== undefined && !known) {
    try {
      return await openSession(
        settings,
        memory,
        { login, kind: 'remember-token', value: refreshToken, secrets },
        signal,
      )
    } catch (error) {
      if (password === undefined || !isTokenRequestFailed(error)) throw error
      if (reasonOf(error.details.failure) !== 'rememberToken') throw error
      memory.refused = fingerprint(refreshToken)
    }
  }
  if (password === undefined) throw nothingSent('the credentials have neither a password nor a remember token')
  return openSession(settings, memory, { login, kind: 'password', value: password, secrets }, signal)
}

/** Asks for a session, and once more with a code where the server does not know this device. */
async function openSession(
  settings: TastytradeLegacySettings,
  memory: LoginMemory,
  proof: Proof,
  signal: AbortSignal,
): Promise<TokenResponse> {
  const { login, kind } = proof
  const early = settings.secondFactorAt === 'login' && kind === 'password'
  const code = early ? await askSecondFactor(settings, { login, reason: 'login' }, signal) : undefined
  if (code === null) throw refusal('noSecondFactor', { kind: 'rejected' })

  const first = await postLogin(settings, proof, code === undefined ? {} : { [OTP]: code }, signal)
  if (first.type === 'done') return granted(first)
  const { failure, headers } = first
  memory.retired = isRetired(failure)
  if (memory.retired) throw refusal('retired', failure)
  if (isRefused(failure)) throw refusal(kind === 'password' ? 'password' : 'rememberToken', failure)
  const challenge = headers.get(CHALLENGE) ?? ''
  if (!isChallenge(failure) || challenge === '') throw tokenRequestError(failure)
  if (settings.secondFactor === undefined) throw refusal('noSecondFactor', failure)

  const answer = { [CHALLENGE]: secret(challenge) }
  const sending = await post(
    settings,
    { ...request(answer), path: '/device-challenge', fields: {}, read: done },
    signal,
  )
  if (sending.type === 'refused') throw tokenRequestError(sending.failure)
  const given = await askSecondFactor(settings, { login, reason: 'device' }, signal)
  if (given === null) throw refusal('noSecondFactor', failure)
  const second = await postLogin(settings, proof, { ...answer, [OTP]: given }, signal)
  if (second.type === 'done') return granted(second)
  const refused = second.failure.kind === 'rejected' && (second.failure.status ?? 0) < 500
  throw refused ? refusal('secondFactor', second.failure) : tokenRequestError(second.failure)
}

type SecretHeaders = Readonly<Record<string, Secret>>

function request(headers: SecretHeaders) {
  const entries = Object.entries(headers)
  return {
    headers: Object.fromEntries(entries.map(([name, value]) => [name, value.reveal()])),
    sent: entries.map(([, value]) => value),
  }
}

function postLogin(
  settings: TastytradeLegacySettings,
  { login, kind, value, secrets }: Proof,
  headers: SecretHeaders,
  signal: AbortSignal,
) {
  const { headers: plain, sent } = request(headers)
  // Without remember-me no next remember token comes.
  const fields = { login, [kind]: value.reveal(), 'remember-me': true }
  return post(
    settings,
    { path: '/sessions', fields, headers: plain, sent: [...secrets, ...sent], read: readSessionBody },
    signal,
  )
}

/** Whatever the body of a good answer says. */
const done = (): true => true

function granted({ value, date }: { readonly value: TokenResponse; readonly date: number | undefined }): TokenResponse {
  return date === undefined ? value : { ...value, date }
}
