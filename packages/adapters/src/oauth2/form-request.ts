import { isTokenRequestFailed, secret, type Credentials, type TokenResponse } from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import { failureName } from '../http/failure-name.ts'
import { nothingSent } from '../http/nothing-sent.ts'
import { askForGrant } from './ask-for-grant.ts'
import { knownClient } from './client.ts'
import type { Dialect, TokenForm } from './dialect.ts'
import { endpointOf } from './metadata.ts'
import type { Server } from './server.ts'

const FORM = 'application/x-www-form-urlencoded;charset=UTF-8'

/** The token request of a server that wants it in a form of its own. */
export async function requestByForm(
  server: Server,
  credentials: Credentials,
  signal: AbortSignal,
  tokenForm: NonNullable<Dialect['tokenForm']>,
): Promise<TokenResponse> {
  const client = knownClient(server.settings, credentials)
  const url = endpointOf(await server.metadata.read(signal), 'token_endpoint')
  const { fields, headers } = await makeForm(tokenForm, { ...credentials, ...client })
  const secrets = Object.entries(fields).filter(([name, value]) => name !== 'grant_type' && value !== client.clientId)
  return askForGrant(server, {
    client,
    url,
    signal,
    secrets: secrets.map(([, value]) => secret(value)),
    send: (options) =>
      options[oauth.customFetch](url.href, {
        method: 'POST',
        headers: { accept: 'application/json', 'content-type': FORM, ...plain(options.headers), ...headers },
        body: new URLSearchParams(fields),
        redirect: 'manual',
        signal,
      }),
  })
}

/** What somebody else's code throws may hold the credentials that it was given. */
async function makeForm(tokenForm: NonNullable<Dialect['tokenForm']>, credentials: Credentials): Promise<TokenForm> {
  try {
    return await tokenForm(credentials)
  } catch (error) {
    throw isTokenRequestFailed(error) ? error : nothingSent(`the form could not be made (${failureName(error)})`)
  }
}

function plain(headers: RequestInit['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(new Headers(headers))
}
