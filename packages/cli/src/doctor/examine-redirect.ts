import type { TastytradeProvider } from '@evergrant/adapters/tastytrade'
import { authorizePage, USER_AGENT } from '../account/open-provider.ts'
import { checkRedirectAnswer, checkRedirectForm } from './checks/redirect-uri.ts'
import type { Course } from './course.ts'
import type { DoctorOptions } from './doctor-options.ts'
import type { DoctorPorts } from './doctor-ports.ts'
import { note } from './finding.ts'
import { probeServer } from './probe-server.ts'

export interface RedirectExamined {
  readonly options: DoctorOptions
  readonly provider: TastytradeProvider
  /** That of the account. */
  readonly clientId: string | null
}

/** Looks at a redirect URI, and asks the page on which logins are allowed what it makes of it. No secret is sent. */
export async function examineRedirect(
  { options: { redirect, choice }, provider, clientId: known }: RedirectExamined,
  { io }: DoctorPorts,
  course: Course,
): Promise<void> {
  if (redirect === null) return
  const { uri, clientId = known } = redirect
  const malformed = checkRedirectForm(uri, choice.environment)
  if (malformed !== null) return course.add(malformed)
  if (clientId === null) {
    return course.add(
      note('redirect-uri', {
        title: 'The form of the redirect URI is right.',
        cause: 'Whether it is that of the application shows only with a client ID.',
        next: ['Add --client-id ID, or set TASTY_CLIENT_ID.'],
        facts: { redirectUri: uri },
      }),
    )
  }
  // As the login asks it.
  const page = new URL(authorizePage(choice, provider))
  const asked = { response_type: 'code', client_id: clientId, redirect_uri: uri, scope: 'read' }
  for (const [name, value] of Object.entries(asked)) page.searchParams.set(name, value)
  const probe = await course.step('redirect-uri', 'Asking about the redirect URI', () =>
    probeServer(page, USER_AGENT, io),
  )
  if (probe !== null) course.add(checkRedirectAnswer(uri, probe, choice.environment))
}
