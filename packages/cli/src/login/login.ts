import { EvergrantError, readAccount } from '@evergrant/core'
import { chooseAccount, type AccountFlags } from '../account/choice.ts'
import { issuerBlock } from '../account/issuer-block.ts'
import { authorizePage, openProvider } from '../account/open-provider.ts'
import { usage } from '../output/command-error.ts'
import type { Prompts } from '../terminal/prompts.ts'
import { timeLimit } from '../terminal/time-limit.ts'
import { loginWithPage } from './authorization-code.ts'
import { choosePlace, type Keeping } from './choose-place.ts'
import { TRADE_WARNING, type CodeTarget } from './code-target.ts'
import { mayTrade, type LoginReport, type LoginTarget } from './complete-login.ts'
import { explainFailure } from './explain-failure.ts'
import { pageAddress, redirectUriFor } from './local-page/address.ts'
import type { LoginPorts, Scope } from './login-ports.ts'
import { loginWithPasteBack } from './paste-back.ts'
import { loginWithPersonalGrant } from './personal-grant.ts'
import { createTeller } from './tell.ts'
import { inPlainWords } from './try-again.ts'

/** How a person logs in. */
export type Way = 'personal-grant' | 'authorization-code'

export interface LoginOptions {
  readonly flags: AccountFlags
  /** Default: the person is asked. */
  readonly way?: Way | undefined
  /** Default: `read` alone. */
  readonly scopes?: readonly Scope[] | undefined
  /** False: no browser is opened, and the address at which it ends is pasted. Default true. */
  readonly browser?: boolean | undefined
  /** As it is registered. Default `http://localhost:8000`, or with the port below. */
  readonly redirectUri?: string | undefined
  /** For the local page to listen on. */
  readonly port?: number | undefined
  /** The provider's page, in place of the environment's own. Default with another base URL: its `/auth.html`. */
  readonly authorizeUrl?: string | undefined
  /** How a new store is kept. Default: the person is asked. */
  readonly keeping?: Keeping | undefined
  /** As `kdfCost` of `encryptedStore()`. */
  readonly kdfCost?: number | undefined
}

/** Ms after which a login that nobody finishes ends. */
const LONGEST_LOGIN = 600_000
const SANDBOX_HINT = 'Other commands need --env sandbox, or EVERGRANT_ENV=sandbox.'
const SANDBOX_IS_SET = 'Other commands find it for as long as EVERGRANT_ENV=sandbox is set, as it is here.'

/**
 * The login wizard. Everything is said on stderr; what came of it is given back, and the refresh token with it, sealed.
 * Rejects with `CommandError`, with `EvergrantError` in plain words, with `wait-timeout` after ten minutes, or with
 * `Interrupted`. Until the new credentials have worked, what the account had before is untouched.
 */
export async function login(options: LoginOptions, ports: LoginPorts): Promise<LoginReport> {
  const { io, prompts } = ports
  const tell = createTeller(io)
  using limit = timeLimit(LONGEST_LOGIN, io)
  try {
    const target = await prepare(options, ports, limit.signal)
    const { place, environment } = target
    const way = options.way ?? (await askWay(prompts))
    const report = await (way === 'personal-grant'
      ? loginWithPersonalGrant(target, target.redirectUri, prompts)
      : loginWithCode(target, options, ports))
    if (mayTrade(report.scope)) tell.warn(TRADE_WARNING)
    if (place.hint !== null) tell.say(place.hint)
    if (environment === 'sandbox') tell.say(io.env['EVERGRANT_ENV'] === 'sandbox' ? SANDBOX_IS_SET : SANDBOX_HINT)
    return report
  } catch (error) {
    if (limit.signal.aborted && !io.interrupts.signal.aborted) throw tooLong()
    throw error
  }
}

async function loginWithCode(target: CodeTarget, options: LoginOptions, ports: LoginPorts): Promise<LoginReport> {
  const address = pageAddress(options)
  if (options.browser === false) return loginWithPasteBack(target, address, ports.prompts)
  if (address !== null) return loginWithPage(target, address, ports)
  throw usage(
    `The redirect URI ${target.redirectUri} does not lead to this computer`,
    'Use one such as http://localhost:8000, or add --no-browser and paste the address back.',
  )
}

/** All that can be found out before anybody is asked for a secret. */
async function prepare(options: LoginOptions, ports: LoginPorts, signal: AbortSignal): Promise<CodeTarget> {
  const { io, prompts } = ports
  const { flags, keeping, kdfCost } = options
  const redirectUri = redirectUriFor(options)
  const asked = flags.env === undefined && !io.env['EVERGRANT_ENV'] && prompts !== null
  const choice = chooseAccount(asked ? { ...flags, env: await askEnvironment(prompts) } : flags, io)
  const { environment, account } = choice
  const provider = openProvider(choice, io)
  const place = await choosePlace({ choice, keeping }, { io, prompts, kdfCost })
  const { clock } = io
  const target = { provider, store: place.store, account, clock, signal, environment, place, tell: createTeller(io) }
  await refuseWhileBlocked(target)
  const { credentials, revoked } = await readAccount({ provider, store: place.store, account, clock })
  if (credentials && revoked === null) {
    target.tell.say(`Account ${account} is logged in already. That stays so until the new login works.`)
  }
  const authorizeUrl = options.authorizeUrl ?? authorizePage(choice, provider)
  return { ...target, redirectUri, authorizeUrl, scopes: options.scopes ?? ['read'] }
}

/** Nobody is asked for secrets that could not be tried. */
async function refuseWhileBlocked({ provider, store, clock, environment }: LoginTarget): Promise<void> {
  const block = await issuerBlock({ provider, store, clock })
  if (block === null) return
  const { reason, until, nextProbeAt: retryAt } = block
  const error = new EvergrantError(reason, { message: reason, help: '', details: { until, retryAt } })
  throw inPlainWords(error, explainFailure(error, { environment, now: clock.now() }))
}

async function askEnvironment(prompts: Prompts): Promise<string> {
  return prompts.choose('Which environment?', [
    { value: 'production', label: 'Production', hint: 'your real account' },
    { value: 'sandbox', label: 'Sandbox', hint: 'for trying out, with a user of its own' },
  ])
}

async function askWay(prompts: Prompts | null): Promise<Way> {
  if (prompts === null) {
    throw usage('There is no terminal to ask how to log in', 'Add --way authorization-code, or run it in a terminal.')
  }
  return prompts.choose<Way>('How do you log in?', [
    { value: 'personal-grant', label: 'With a personal grant', hint: 'the usual way: two values from the website' },
    { value: 'authorization-code', label: 'In the browser', hint: 'for applications that are approved for it' },
  ])
}

function tooLong(): EvergrantError<'wait-timeout'> {
  return new EvergrantError('wait-timeout', {
    message: `Nobody finished the login within ${LONGEST_LOGIN / 60_000} minutes, so it was ended`,
    help: 'Begin again. Nothing was changed.',
    details: { waited: LONGEST_LOGIN },
  })
}
