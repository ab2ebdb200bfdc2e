import type { TastytradeProvider } from '@evergrant/adapters/tastytrade'
import { tokenShape } from '../account/token-shape.ts'
import { formatDuration } from '../output/duration.ts'
import { checkApi } from './checks/api.ts'
import { checkLogin, type LoginOutcome } from './checks/login.ts'
import { checkScopes } from './checks/scopes.ts'
import type { Course } from './course.ts'
import type { DoctorOptions } from './doctor-options.ts'
import type { DoctorPorts } from './doctor-ports.ts'
import { planLogin } from './login-plan.ts'
import type { AccountLook } from './look-at-account.ts'
import type { Probe } from './probe-server.ts'
import { tryApi } from './try-api.ts'
import { tryLogin } from './try-login.ts'

export interface LoginExamined {
  readonly options: DoctorOptions
  readonly provider: TastytradeProvider
  readonly look: AccountLook | null
  readonly probe: Probe | null
}

/** Spends one login, if that is allowed and of use; then shows the token to the API. Gives the number of token requests. */
export async function examineLogin(
  { options, provider, look, probe }: LoginExamined,
  ports: DoctorPorts,
  course: Course,
): Promise<number> {
  const { io } = ports
  const { environment } = options.choice
  const plan = planLogin({ look, probe, findings: course.findings, now: io.clock.now() })
  const outcome = plan.type === 'worthwhile' ? await tryIfAllowed(plan.look, options.login, ports) : plan
  course.add(checkLogin(outcome, environment, io.clock.now()))

  const granted = outcome.type === 'granted' ? outcome.token : null
  const token = granted ?? look?.token ?? null
  const { apiBaseUrl } = provider
  if (token !== null && probe?.type === 'answered' && !probe.edge) {
    const answer = await course.step('api', 'Showing the token to the API', () => tryApi(apiBaseUrl, token, io))
    course.add(checkApi(answer, apiBaseUrl))
  }
  const scope = token?.scope ?? look?.report.token?.scope ?? tokenShape(look?.refreshToken ?? '')?.scope ?? null
  if (look?.from != null) course.add(checkScopes({ scope, need: options.need }, environment))
  return 'logins' in outcome ? outcome.logins : 0
}

async function tryIfAllowed(
  { account, report }: AccountLook,
  login: DoctorOptions['login'],
  { io, prompts, progress }: DoctorPorts,
): Promise<LoginOutcome> {
  if (login === 'no') return { type: 'declined' }
  const { left, limit, window } = report.budget
  const cost =
    `This spends one login: one token request to ${account.provider.issuer}. If it fails, ${left - 1} of ${limit} ` +
    `failed logins are left within ${formatDuration(window)}.`
  if (login === 'ask') {
    if (prompts === null) return { type: 'unasked' }
    progress.say(cost)
    const answer = await prompts.choose('Try to log in now?', [
      { value: 'yes', label: 'Yes', hint: 'the token that it brings is kept, for bots too' },
      { value: 'no', label: 'No' },
    ])
    if (answer === 'no') return { type: 'declined' }
  } else {
    progress.say(cost)
  }
  progress.begin('Logging in')
  return tryLogin(account, io)
}
