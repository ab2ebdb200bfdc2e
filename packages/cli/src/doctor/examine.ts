import type { TastytradeProvider } from '@evergrant/adapters/tastytrade'
import { openProvider, USER_AGENT } from '../account/open-provider.ts'
import { checkBrowser } from './checks/browser.ts'
import { checkClock } from './checks/clock.ts'
import { checkReachability } from './checks/reachability.ts'
import { checkUserAgent } from './checks/user-agent.ts'
import { checkVersions } from './checks/versions.ts'
import { createCourse, type Course } from './course.ts'
import type { DoctorOptions } from './doctor-options.ts'
import type { DoctorPorts } from './doctor-ports.ts'
import { doctorReport, type DoctorReport } from './doctor-report.ts'
import { examineAccount } from './examine-account.ts'
import { examineLogin } from './examine-login.ts'
import { examineRedirect } from './examine-redirect.ts'
import { probeServer, type Probe } from './probe-server.ts'

/** What Node calls itself where a program gives no name. */
const BARE_USER_AGENT = 'node'

/**
 * Looks at everything that a login needs, and says what is wrong and what to do. Sends at most one token request, and two
 * requests without any credential before it. Rejects with `invalid-options` for a base URL that cannot be used, and
 * with an interrupt.
 */
export async function examine(options: DoctorOptions, ports: DoctorPorts): Promise<DoctorReport> {
  const { io, progress, system } = ports
  const { choice } = options
  const provider = openProvider(choice, io)
  const at = io.clock.now()
  const course = createCourse(io, progress)
  course.add(checkVersions(system))
  const look = await examineAccount(options, provider, ports, course)
  const probe = await examineServer(provider, look?.report.budget.failed ?? 0, ports, course)
  const logins = await examineLogin({ options, provider, look, probe }, ports, course)
  await examineRedirect({ options, provider, clientId: look?.clientId ?? null }, ports, course)
  course.add(checkBrowser(io.env, system))
  return doctorReport({ choice, server: provider.issuer, at, logins, findings: course.findings })
}

async function examineServer(
  provider: TastytradeProvider,
  failed: number,
  { io }: DoctorPorts,
  course: Course,
): Promise<Probe | null> {
  const { issuer: server, apiBaseUrl } = provider
  const probe = await course.step('reachability', `Asking ${server}`, () => probeServer(apiBaseUrl, USER_AGENT, io))
  if (probe === null) return null
  course.add(...checkReachability({ server, probe, failed }, io.env), checkClock(probe))
  const bare =
    probe.type === 'answered' && !probe.edge
      ? await course.step('user-agent', 'Asking again without a name', () =>
          probeServer(apiBaseUrl, BARE_USER_AGENT, io),
        )
      : null
  course.add(checkUserAgent(USER_AGENT, probe, bare))
  return probe
}
