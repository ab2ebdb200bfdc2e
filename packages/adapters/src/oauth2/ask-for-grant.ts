import type { Secret, TokenResponse } from '@evergrant/core'
import { nextTimeOfDay } from '../time/next-time-of-day.ts'
import { ask, type SendOptions } from './ask.ts'
import type { ClientCredentials } from './client.ts'
import { readGrantBody } from './grant-body.ts'
import type { Server } from './server.ts'

interface GrantQuestion {
  readonly client: Pick<ClientCredentials, 'clientId'>
  /** The token endpoint. */
  readonly url: URL
  readonly signal: AbortSignal
  readonly send: (options: SendOptions) => Promise<Response>
  /** What it carries that {@link ask} cannot know for a secret. */
  readonly secrets?: readonly Secret[]
}

/** One token request, and the answer with what the options say of each. */
export async function askForGrant({ settings, time }: Server, question: GrantQuestion): Promise<TokenResponse> {
  const { client, ...rest } = question
  const { clock, dailyExpiry, dialect, tokenType } = settings
  const begun = clock.monotonic()
  const { value, date } = await ask({
    ...rest,
    settings,
    time,
    read: (json) => (dialect?.readGrant === undefined ? readGrantBody(json) : dialect.readGrant(json, client)),
    problem: 'the answer has no usable access token',
  })
  // By the server's clock, which the answer has set. The token is no older than that, so it is never believed too long.
  const sentAt = time.now() - (clock.monotonic() - begun)
  return {
    ...value,
    ...(tokenType === undefined ? {} : { tokenType }),
    ...(dailyExpiry === undefined ? {} : { expiresAt: nextTimeOfDay(sentAt, dailyExpiry) }),
    ...(date === undefined ? {} : { date }),
  }
}
