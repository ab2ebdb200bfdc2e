import type { Secret } from '@evergrant/core'
import { CommandError } from '../output/command-error.ts'
import { aborted } from '../terminal/aborted.ts'
import type { Prompts } from '../terminal/prompts.ts'
import { pageSuccess } from './authorization-code.ts'
import type { Arrival } from './code-flow.ts'
import { codeFlowFor, type CodeTarget } from './code-target.ts'
import type { LoginReport } from './complete-login.ts'
import { deferred } from './deferred.ts'
import type { PageAddress } from './local-page/address.ts'
import { listenOnLoopback } from './local-page/listen.ts'
import { createRoutes } from './local-page/routes.ts'
import { clientSecretCheck } from './pasted-credentials.ts'

/** Ms that a browser which came back by itself is given to fetch what came of it. */
const LINGER = 5_000

const NO_TERMINAL = {
  message: 'There is no terminal to paste the address at',
  help: 'Run evergrant login in a terminal.',
}

/**
 * The way by the terminal alone: the person opens the provider's page anywhere, and pastes the address at which the browser
 * ended. Should the browser reach this machine after all (a forwarded port), it comes back by itself.
 */
export async function loginWithPasteBack(
  target: CodeTarget,
  address: PageAddress | null,
  prompts: Prompts | null,
): Promise<LoginReport> {
  if (prompts === null) throw new CommandError('unsupported', NO_TERMINAL)
  const { tell, scopes } = target
  const clientId = await prompts.ask('Client ID')
  const clientSecret = await prompts.askSecret('Client secret (it is not shown)', { check: clientSecretCheck() })
  for (;;) {
    const came = await comeBack(target, address, prompts, { clientId, clientSecret, scopes })
    if (came.type === 'done') return came.success
    if (came.type !== 'failed') {
      tell.warn('That address was not made by this login. Copy the last one that the browser shows.')
    }
    const next = await prompts.choose('Go on?', [
      { value: 'again', label: 'Try again', hint: 'with the same application' },
      { value: 'stop', label: 'Stop', hint: 'nothing was changed' },
    ])
    if (next === 'stop') {
      throw new CommandError('unsupported', {
        message: 'Not logged in',
        help: 'Nothing was changed. To begin again: evergrant login',
      })
    }
  }
}

interface Client {
  readonly clientId: string
  readonly clientSecret: Secret
  readonly scopes: CodeTarget['scopes']
}

/** One login, away and back: by paste or by itself, whichever is first. */
async function comeBack(
  target: CodeTarget,
  address: PageAddress | null,
  prompts: Prompts,
  client: Client,
): Promise<Arrival<LoginReport>> {
  const { signal, clock, tell, redirectUri } = target
  const fault = new AbortController()
  const taken = new AbortController()
  const seen = new AbortController()
  const byItself = deferred<Arrival<LoginReport>>()
  const flow = codeFlowFor(target, { onFault: (error) => fault.abort(error), onTaken: () => taken.abort() })
  const url = await flow.begin({ ...client, clientSecret: client.clientSecret.reveal() })
  const server = await listenQuietly(target, address, {
    async arrive(callback) {
      const arrival = await flow.arrive(callback)
      if (arrival.type === 'done' || arrival.type === 'failed') byItself.resolve(arrival)
      return arrival
    },
    onFinished: () => seen.abort(),
  })
  try {
    tell.say(`\nOpen this address in a browser, on any computer:\n\n  ${url.href}\n`)
    tell.steps(stepsFor(redirectUri))
    const pasted = await paste(target, prompts, AbortSignal.any([taken.signal, signal]))
    if (pasted !== null) return await flow.arrive(pasted)
    const arrival = await byItself.promise
    const alarm = clock.alarm(clock.monotonic() + LINGER, () => seen.abort(), { hold: true })
    await aborted(AbortSignal.any([seen.signal, signal]))
    alarm[Symbol.dispose]()
    return arrival
  } finally {
    await server?.[Symbol.asyncDispose]()
    fault.signal.throwIfAborted()
  }
}

/** `null` if the browser came back by itself meanwhile. */
async function paste({ redirectUri, signal }: CodeTarget, prompts: Prompts, over: AbortSignal): Promise<URL | null> {
  const check = (text: string): string | undefined => problemWithAddress(text, redirectUri)
  try {
    // Hidden, since the code in it is a secret for as long as it is not spent.
    return new URL((await prompts.askSecret('The address (it is not shown)', { signal: over, check })).reveal())
  } catch (error) {
    if (over.aborted && !signal.aborted) return null
    throw error
  }
}

interface Listeners {
  readonly arrive: (callback: URL) => Promise<Arrival<LoginReport>>
  readonly onFinished: () => void
}

/** A port that is taken does not matter: there is the other way. */
async function listenQuietly(
  { environment, clock }: CodeTarget,
  address: PageAddress | null,
  { arrive, onFinished }: Listeners,
): Promise<AsyncDisposable | null> {
  if (address === null) return null
  const answer = createRoutes({
    address,
    environment,
    authorizeOrigin: address.origin,
    trade: false,
    form: false,
    begin: () => Promise.reject(new Error('This page has no form')),
    async arrive(callback) {
      const arrival = await arrive(callback)
      return arrival.type === 'done' ? { type: 'done', success: pageSuccess(arrival.success) } : arrival
    },
    onFinished,
  })
  try {
    return await listenOnLoopback({ address, clock, answer })
  } catch (error) {
    if (error instanceof CommandError) return null
    throw error
  }
}

function stepsFor(redirectUri: string): readonly string[] {
  return [
    'Log in there, and allow the application.',
    `If it says that the redirect URI is wrong: the application must have exactly ${redirectUri}, without a slash at its end.`,
    `The browser then ends at an address that begins with ${redirectUri}. A page that cannot be shown is all right.`,
    'Copy that whole address, and paste it here.',
  ]
}

function problemWithAddress(text: string, redirectUri: string): string | undefined {
  const url = URL.parse(text)
  if (url === null) return `That is no address. It begins with ${redirectUri}`
  if (url.searchParams.has('state')) return undefined
  return 'That is not where the browser ends: it has no state in it. Copy it after you allowed the application.'
}
