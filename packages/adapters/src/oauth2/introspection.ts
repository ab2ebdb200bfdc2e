import { secret, type Secret } from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import { withTimeLimit } from '../time/time-limit.ts'
import { ask } from './ask.ts'
import { clientParts, completeClient } from './client.ts'
import { endpointOf } from './metadata.ts'
import type { Server } from './server.ts'

export interface IntrospectOptions {
  /** Helps the server to find the token. */
  readonly tokenTypeHint?: 'access_token' | 'refresh_token' | undefined
  readonly signal?: AbortSignal | undefined
}

/** What the server says of a token: the members of RFC 7662 section 2.2 as it wrote them; times in epoch seconds. */
export interface Introspection {
  /** False tells nothing more: expired, revoked, unknown, or none of this client's business. */
  readonly active: boolean
  readonly scope?: unknown
  readonly client_id?: unknown
  readonly username?: unknown
  readonly token_type?: unknown
  readonly exp?: unknown
  readonly iat?: unknown
  readonly sub?: unknown
  readonly aud?: unknown
  readonly iss?: unknown
  readonly [member: string]: unknown
}

/** Asks the server about a token, as the client of the options. */
export async function introspect(
  server: Server,
  token: string | Secret,
  { tokenTypeHint, signal }: IntrospectOptions = {},
): Promise<Introspection> {
  const { settings, time } = server
  const complete = completeClient(settings, {})
  return withTimeLimit({ clock: settings.clock, ms: settings.requestTimeout, signal }, async (bound) => {
    const metadata = await server.metadata.read(bound)
    const url = endpointOf(metadata, 'introspection_endpoint')
    const { client, authentication } = clientParts(settings, time, metadata, complete)
    const hint = tokenTypeHint === undefined ? {} : { token_type_hint: tokenTypeHint }
    const { value } = await ask({
      settings,
      time,
      url,
      signal: bound,
      send: (options) =>
        oauth.introspectionRequest(metadata, client, authentication, secret(token).reveal(), {
          ...options,
          additionalParameters: hint,
        }),
      read: readIntrospection,
      problem: 'the answer does not say whether the token is active',
    })
    return value
  })
}

function readIntrospection(json: unknown): Introspection | undefined {
  const { active } = Object(json) as { readonly active?: unknown }
  return typeof active === 'boolean' ? (json as Introspection) : undefined
}
