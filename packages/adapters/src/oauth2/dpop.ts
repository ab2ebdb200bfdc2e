import * as oauth from 'oauth4webapi'
import { discardBody } from '../http/body-text.ts'
import { isSecure } from '../http/secure-url.ts'
import { CLOCK_TOLERANCE, type ServerClock } from './server-clock.ts'

/** A call of the API. */
export interface DpopRequest {
  /** As it goes out, in capitals. */
  readonly method: string
  readonly url: URL
  readonly accessToken: string
  /** Whether it can go out once more. */
  readonly repeatable: boolean
}

/** The two headers of a call (RFC 9449 section 7.1). */
export interface DpopProof {
  readonly authorization: string
  readonly dpop: string
}

/** Holds the key that tokens are bound to, and what servers have said of nonces and the time. */
export interface DpopSigner {
  /** Of the public key: SHA-256, base64url (RFC 7638). */
  thumbprint(): Promise<string>
  /**
   * Sends a call with a proof of its own, for HTTP adapters. A server that wants its nonce in the proof, or the right
   * time, gets it once more if that can be; `send` is then called with `again`.
   */
  send(request: DpopRequest, send: (proof: DpopProof, again: boolean) => Promise<Response>): Promise<Response>
}

/** With what requests to the authorization server need. */
export interface DpopHandle extends DpopSigner {
  readonly handle: oauth.DPoPHandle
}

const DPOP_ERROR = /\bdpop\b.*?\berror\s*=\s*"?([\w-]+)/i

export function createDpopSigner(keyPair: CryptoKeyPair, time: ServerClock): DpopHandle {
  const handle = oauth.DPoP({}, keyPair, {
    // oauth4webapi dates a proof by the platform's clock.
    [oauth.modifyAssertion](_header, payload) {
      payload['iat'] = Math.floor(time.now() / 1_000)
    },
  })

  /** The library signs, and learns the nonce of the answer, around a fetch of its own; so that is the way in. */
  async function attempt(
    { method, url, accessToken }: DpopRequest,
    send: (proof: DpopProof) => Promise<Response>,
  ): Promise<Response> {
    let answer: Response | undefined
    try {
      return await oauth.protectedResourceRequest(accessToken, method, url, new Headers(), null, {
        DPoP: handle,
        [oauth.allowInsecureRequests]: url.protocol === 'http:' && isSecure(url),
        async [oauth.customFetch](_url, { headers }) {
          const { authorization = '', dpop = '' } = headers
          answer = await send({ authorization, dpop })
          return answer
        },
      })
    } catch (error) {
      // It throws a challenge, which is an answer like any other here.
      if (answer === undefined) throw error
      return answer
    }
  }

  return {
    handle,
    thumbprint: () => handle.calculateThumbprint(),
    async send(request, send) {
      const { offset } = time
      const first = await attempt(request, (proof) => send(proof, false))
      time.observe(first.headers)
      const error = dpopErrorOf(first)
      const misdated = error === 'invalid_dpop_proof' && Math.abs(time.offset - offset) > CLOCK_TOLERANCE
      if (!request.repeatable || !(error === 'use_dpop_nonce' || misdated)) return first
      discardBody(first)
      return attempt(request, (proof) => send(proof, true))
    },
  }
}

/** The error that a refusal names for the scheme DPoP (RFC 9449 section 7.1), if it does. */
export function dpopErrorOf({ status, headers }: Response): string | undefined {
  return status === 401 ? DPOP_ERROR.exec(headers.get('www-authenticate') ?? '')?.[1]?.toLowerCase() : undefined
}
