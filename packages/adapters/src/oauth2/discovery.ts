import { isTokenRequestFailed, tokenRequestError, type EvergrantError, type TokenRequestFailure } from '@evergrant/core'
import * as oauth from 'oauth4webapi'
import { nothingSent } from '../http/nothing-sent.ts'
import { ask } from './ask.ts'
import type { Metadata } from './metadata.ts'
import type { ServerClock } from './server-clock.ts'
import type { OAuth2Settings } from './settings.ts'

/** Where the documents lie: OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3. */
const PLACES = ['oidc', 'oauth2'] as const
/** Answers after which the other place is looked at: servers have many ways to say that there is nothing. */
const ABSENT: ReadonlySet<TokenRequestFailure['kind']> = new Set(['edge', 'malformed', 'rejected', 'unknown'])

/** Reads the metadata of an issuer. */
export async function discover(
  settings: OAuth2Settings,
  time: ServerClock,
  issuer: string,
  signal: AbortSignal,
): Promise<Metadata> {
  const failures: TokenRequestFailure[] = []
  for (const algorithm of PLACES) {
    try {
      return await discoverAt(algorithm)
    } catch (error) {
      if (!isTokenRequestFailed(error)) throw error
      const { failure } = error.details
      if (!ABSENT.has(failure.kind) || failure.status === undefined) throw undiscovered(failure)
      failures.push(failure)
    }
  }
  const [first] = failures
  if (first === undefined || failures.every(({ status }) => status === 404)) {
    throw nothingSent('the issuer has no metadata at its well-known addresses')
  }
  throw undiscovered(first)

  async function discoverAt(algorithm: (typeof PLACES)[number]): Promise<Metadata> {
    const url = new URL(issuer)
    const { value } = await ask({
      settings,
      time,
      url,
      signal,
      send: (options) => oauth.discoveryRequest(url, { ...options, algorithm }),
      read: readMetadata,
      problem: 'these are no metadata',
    })
    // RFC 8414 section 3.3: else a server could pass itself off as another.
    if (URL.parse(value.issuer)?.href !== url.href) throw nothingSent('the metadata are those of another issuer')
    return value
  }
}

function readMetadata(json: unknown): Metadata | undefined {
  const { issuer } = Object(json) as { readonly issuer?: unknown }
  return typeof issuer === 'string' ? (json as Metadata) : undefined
}

/**
 * No credential has been sent yet, so nothing that was answered is a verdict on one, whatever code stands in it.
 */
function undiscovered(failure: TokenRequestFailure): EvergrantError<'token-request-failed'> {
  if (failure.description?.endsWith('nothing was sent') === true) return tokenRequestError(failure)
  const { oauthCode: _, kind, description, ...rest } = failure
  const said = `${description === undefined ? '' : `${description}, `}while the metadata were looked up`
  return tokenRequestError({ ...rest, kind: kind === 'rejected' ? 'unknown' : kind, description: said })
}
