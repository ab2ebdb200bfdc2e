import { aborted } from '../terminal/aborted.ts'
import { codeFlowFor, type CodeTarget } from './code-target.ts'
import { mayTrade, type LoginReport } from './complete-login.ts'
import { deferred } from './deferred.ts'
import type { PageAddress } from './local-page/address.ts'
import { listenOnLoopback } from './local-page/listen.ts'
import { createRoutes } from './local-page/routes.ts'
import type { LoginPorts } from './login-ports.ts'

/** Ms for which the page offers the refresh token after a login that worked. */
const LINGER = 60_000

/**
 * The way by a local page: a form, the provider's page, and back. The server ends after a login that worked, when the
 * target's signal aborts (Ctrl-C, or too much time), or with a failure that no other try mends.
 */
export async function loginWithPage(target: CodeTarget, address: PageAddress, ports: LoginPorts): Promise<LoginReport> {
  const { clock, tell, environment, signal } = target
  const outcome = deferred<LoginReport>()
  const leave = (): void => outcome.reject(signal.reason)
  const finished = new AbortController()
  const flow = codeFlowFor(target, { onFault: outcome.reject })

  const answer = createRoutes({
    address,
    environment,
    authorizeOrigin: new URL(target.authorizeUrl).origin,
    trade: target.scopes.includes('trade'),
    form: true,
    begin: (client) => flow.begin(client),
    async arrive(callback) {
      const arrival = await flow.arrive(callback)
      if (arrival.type !== 'done') return arrival
      outcome.resolve(arrival.success)
      return { type: 'done', success: pageSuccess(arrival.success) }
    },
    onFinished: () => finished.abort(),
  })

  const server = await listenOnLoopback({ address, clock, answer })
  signal.addEventListener('abort', leave)
  if (signal.aborted) leave()
  try {
    tell.say(`\nGo on in your browser, at this address of your own computer:\n\n  ${address.url}\n`)
    if (!(await ports.openBrowser(address.url))) {
      tell.say('No browser could be opened here, so open it yourself. Is the browser on another computer, as over SSH?')
      tell.say('Then press Ctrl-C, and run: evergrant login --way authorization-code --no-browser')
    }
    const report = await outcome.promise
    tell.say('The login works and is saved. The page shows the refresh token for another minute, if you ask it to.')
    const alarm = clock.alarm(clock.monotonic() + LINGER, () => finished.abort(), { hold: true })
    await aborted(AbortSignal.any([finished.signal, signal]))
    alarm[Symbol.dispose]()
    return report
  } finally {
    signal.removeEventListener('abort', leave)
    await server[Symbol.asyncDispose]()
  }
}

export function pageSuccess({ environment, account, scope, place, refreshToken }: LoginReport) {
  return {
    environment,
    account,
    scope: scope ?? 'what the application may',
    place,
    mayTrade: mayTrade(scope),
    refreshToken,
  }
}
