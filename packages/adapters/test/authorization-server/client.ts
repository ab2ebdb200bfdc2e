import type { Secret } from '@evergrant/core'
import * as oauth from 'oauth4webapi'

/** Who asks, and how it proves that: a secret by HTTP Basic (RFC 6749 section 2.3.1), or its name alone. */
export interface Client {
  readonly clientId: string
  /** Missing for a public client. */
  readonly clientSecret?: Secret | undefined
}

/** The same in the words of oauth4webapi. */
export function clientParts({ clientId, clientSecret }: Client) {
  return {
    client: { client_id: clientId },
    authentication: clientSecret === undefined ? oauth.None() : oauth.ClientSecretBasic(clientSecret.reveal()),
    /** What must not be seen of it. */
    secrets: clientSecret === undefined ? [] : [clientSecret],
  }
}
