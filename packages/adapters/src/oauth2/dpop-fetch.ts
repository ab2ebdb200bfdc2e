import { invalidOptions } from '@evergrant/core'
import { bearerFetch } from '../bearer/bearer-fetch.ts'
import type { BearerOptions, BearerSession } from '../bearer/options.ts'
import { candidate, needsCopy, sendable } from '../bearer/replay.ts'
import { isTokenRejected } from '../bearer/token-verdict.ts'
import { discardBody } from '../http/body-text.ts'
import { urlOf, type FetchFunction } from '../http/fetch-function.ts'
import { dpopErrorOf, type DpopSigner } from './dpop.ts'

/** A session of an `oauth2` provider that has a `dpop` key. */
export interface DpopSession extends BearerSession {
  readonly provider: BearerSession['provider'] & { readonly dpop?: DpopSigner | undefined }
}

const SCHEME = 'DPoP '

/**
 * `bearerFetch` for tokens that are bound to a key (RFC 9449): each call carries `Authorization: DPoP` and a proof for
 * itself. The key is that of the session's provider. Where the API wants its nonce in the proof, the call goes out once
 * more, if its body can be sent again; that is no refusal of the token. A redirect is followed with the proof for the
 * first address, which the second refuses: call the right address.
 *
 * Throws `invalid-options` at once for a provider without a `dpop` key. A call rejects with it where the server gave a
 * token that is not bound (RFC 9449 section 5), since whoever sees that one may use it.
 */
export function dpopFetch(session: DpopSession, options: BearerOptions = {}): FetchFunction {
  const { dpop } = session.provider
  if (dpop === undefined) {
    throw invalidOptions('session', 'has a provider without a dpop key', 'Give oauth2() the option dpop, a key pair.')
  }
  const { fetch: send = (input, init) => globalThis.fetch(input, init), isRejected = isDpopTokenRejected } = options

  const withProof: FetchFunction = async (input, init) => {
    const headers = new Headers(init?.headers)
    const authorization = headers.get('authorization') ?? ''
    if (!authorization.startsWith(SCHEME)) throw notBound()
    const copy = needsCopy(input, init) ? input.clone() : null
    const again = copy ?? sendable({ input, init })
    const request = {
      method: candidate({ input, init }).method,
      url: new URL(urlOf(input), globalThis.document?.baseURI ?? globalThis.location?.href),
      accessToken: authorization.slice(SCHEME.length),
      repeatable: again !== null,
    }
    try {
      return await dpop.send(request, async (proof, repeated) => {
        const proven = new Headers(headers)
        proven.set('authorization', proof.authorization)
        proven.set('dpop', proof.dpop)
        return send(repeated ? (again ?? input) : input, { ...init, headers: proven })
      })
    } finally {
      // One that was sent is locked by then, and stays as it is.
      if (copy !== null) discardBody(copy)
    }
  }
  return bearerFetch(session, { ...options, isRejected, fetch: withProof })
}

/** A refusal of the proof says nothing of the token. */
function isDpopTokenRejected(response: Response): boolean {
  const error = dpopErrorOf(response)
  return error === undefined ? isTokenRejected(response) : error === 'invalid_token'
}

function notBound(): Error {
  return invalidOptions(
    'token',
    'is not bound to the key',
    'The server gave a token of another type than DPoP; see whether it supports DPoP for this client. Nothing was sent.',
  )
}
