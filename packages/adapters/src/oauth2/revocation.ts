import type { Credentials } from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import { readErrorBody } from '../http/error-body.ts'
import { ask } from './ask.ts'
import { clientParts, completeClient } from './client.ts'
import { findEndpoint } from './metadata.ts'
import type { Server } from './server.ts'

/** Revokes a refresh token (RFC 7009). Does nothing where the server cannot, or where there is none. */
export async function revoke(server: Server, credentials: Credentials, signal: AbortSignal): Promise<void> {
  const { settings, time } = server
  const { refreshToken } = credentials
  if (refreshToken === undefined) return
  const complete = completeClient(settings, credentials)
  const metadata = await server.metadata.read(signal)
  const url = findEndpoint(metadata, 'revocation_endpoint')
  if (url === undefined) return
  const { client, authentication } = clientParts(settings, time, metadata, complete)
  await ask({
    settings,
    time,
    url,
    signal,
    send: (options) =>
      oauth.revocationRequest(metadata, client, authentication, refreshToken.reveal(), {
        ...options,
        additionalParameters: { token_type_hint: 'refresh_token' },
      }),
    // The body of a success means nothing (section 2.2), unless it is an error all the same.
    read: (json) => (readErrorBody(json) === undefined ? true : undefined),
    problem: 'the answer is an error',
  })
}
