import { secret, tokenRequestError, type Provider, type TokenResponse } from '@evergrant/core'
import type { Canaries } from '../canaries/canaries.ts'

/** A token request that came in. */
interface TokenRequest {
  readonly signal: AbortSignal
  /** Answers one that is held. */
  grant(): void
}

/** What issues the tokens of a case: as a provider, so that the session is a real one and the API is all there is of HTTP. */
export interface TokenDesk {
  readonly provider: Provider
  readonly requests: readonly TokenRequest[]
  /** Values of the tokens, the oldest first. */
  readonly issued: readonly string[]
  /** What becomes of the requests to come. Default `grant`. */
  mode: 'grant' | 'hold' | 'fail'
}

/** Seconds that a token lives. */
export const LIFETIME = 900

/** Calls `changed` after each request. */
export function createTokenDesk(apiBaseUrl: string | undefined, canaries: Canaries, changed: () => void): TokenDesk {
  const requests: TokenRequest[] = []
  const issued: string[] = []

  function issue(): TokenResponse {
    const value = canaries.plant(`access token ${issued.length + 1}`)
    issued.push(value)
    return { accessToken: secret(value), expiresIn: LIFETIME }
  }

  const desk: TokenDesk = {
    provider: {
      issuer: 'the desk of the HTTP contract',
      ...(apiBaseUrl === undefined ? {} : { apiBaseUrl }),
      requestToken(_, { signal }) {
        return new Promise((resolve, reject) => {
          let open = true
          const grant = (): void => {
            if (open) resolve(issue())
            open = false
          }
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
          requests.push({ signal, grant })
          if (desk.mode === 'grant') grant()
          if (desk.mode === 'fail') reject(tokenRequestError({ kind: 'server', status: 503 }))
          changed()
        })
      },
    },
    requests,
    issued,
    mode: 'grant',
  }
  return desk
}
