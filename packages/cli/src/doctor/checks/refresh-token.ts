import type { TastytradeEnvironment } from '@evergrant/adapters/tastytrade'
import { tokenShape } from '../../account/token-shape.ts'
import { newGrant, otherEnvironment, WEBSITES } from '../../login/website.ts'
import { failure, fine, warning, type Finding } from '../finding.ts'

export interface GivenToken {
  readonly refreshToken: string
  readonly clientId: string | null
}

/** Names of hosts and pages of the sandbox (docs/protocol.md#hosts); production names itself in neither. */
const SANDBOX = /cert|sandbox|staging/i

/**
 * What can be seen of a refresh token without spending it. Whether it belongs to this environment can mostly not be: the
 * issuer in it does not name the host of the API (docs/protocol.md#inside-a-token).
 */
export function checkRefreshToken(
  { refreshToken, clientId }: GivenToken,
  environment: TastytradeEnvironment,
): readonly Finding[] {
  const { page } = WEBSITES[environment]
  const shape = tokenShape(refreshToken)
  if (shape === null || shape.type === 'at+jwt') {
    const access = shape !== null
    return [
      failure('refresh-token', 'login-dead', {
        title: access
          ? 'What is given as the refresh token is an access token.'
          : 'What is given as the refresh token is none.',
        cause: access
          ? 'An access token lives for 15 minutes, and no new one can be had for it.'
          : 'It was cut off when it was copied, or it is something else, such as the client secret. The server answers "Invalid JWT".',
        next: ['Copy the refresh token again, whole; it is long.', `Lost? ${newGrant(environment)}`],
        page,
        facts: { jwt: access, type: shape?.type ?? null },
      }),
    ]
  }
  const { type, issuer, audience, scope, issuedAt } = shape
  const facts = { jwt: true, type, issuer, scope, issuedAt }
  const findings: Finding[] = []
  if (environment === 'production' && issuer !== null && SANDBOX.test(issuer)) {
    findings.push(
      warning('refresh-token', {
        title: 'The refresh token seems to belong to the sandbox.',
        cause: 'Its issuer has the name of the sandbox. Credentials of one environment are dead in the other.',
        next: [`Run: evergrant doctor --env ${otherEnvironment(environment)}`, newGrant(environment)],
        page,
        facts,
      }),
    )
  }
  if (clientId !== null && audience !== null && audience !== clientId) {
    findings.push(
      warning('refresh-token', {
        title: 'The client ID and the refresh token belong to different applications.',
        cause: 'The refresh token names another client ID; two applications, or two environments, were mixed up.',
        next: ['Take client ID, client secret and refresh token from one application.', newGrant(environment)],
        page,
        facts,
      }),
    )
  }
  return findings.length > 0 ? findings : [fine('refresh-token', 'The refresh token has the form of one.', facts)]
}
