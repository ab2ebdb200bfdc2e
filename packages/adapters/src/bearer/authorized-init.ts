import { invalidOptions, type AccessToken } from '@evergrant/core'
import { isRequest, type FetchInput } from '../http/fetch-function.ts'

/**
 * The second argument for `fetch` that adds the token. It is not put on the request itself, which ky's errors and the
 * caller's logs show (P11). A caller's own `Authorization` gives way.
 */
export function authorizedInit(input: FetchInput, init: RequestInit | undefined, token: AccessToken): RequestInit {
  if (!isRequest(input)) return { ...init, headers: authorizedHeaders(init?.headers, token) }
  const headers = authorizedHeaders(init?.headers ?? input.headers, token)
  return { ...referrerOf(input), ...init, headers }
}

function authorizedHeaders(headers: HeadersInit | undefined, token: AccessToken): Headers {
  const authorized = new Headers(headers)
  try {
    authorized.set('authorization', token.authorization)
  } catch {
    // The error of Headers quotes the value.
    throw invalidOptions(
      'token',
      'has characters that no header can carry',
      'Look at what the provider gives as access token and token type.',
    )
  }
  return authorized
}

// Fetch forgets the referrer of a request once there is a second argument (Fetch standard, Request constructor).
function referrerOf({ referrer, referrerPolicy }: Request): RequestInit {
  return {
    ...(referrer === 'about:client' ? {} : { referrer }),
    ...(referrerPolicy === '' ? {} : { referrerPolicy }),
  }
}
