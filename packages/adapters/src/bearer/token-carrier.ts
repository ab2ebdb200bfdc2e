import { invalidOptions, type AccessToken } from '@evergrant/core'
import { isRequest, type FetchInput } from '../http/fetch-function.ts'

/** Makes the second argument for `fetch` that adds a token to the request. */
export type TokenCarrier = (input: FetchInput, init: RequestInit | undefined, token: AccessToken) => RequestInit

// RFC 9110 section 5.5, less the control characters.
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/

/**
 * The token is not put on the request itself, which ky's errors and the caller's logs show (P11). A caller's own
 * `Authorization` gives way.
 */
export function tokenCarrier(): TokenCarrier {
  // Made and looked at once per token: it is long, and a request should cost nothing beside its sending.
  let carried: AccessToken | undefined
  let authorization = ''

  return (input, init, token) => {
    if (token !== carried) {
      authorization = fieldValue(token.authorization)
      carried = token
    }
    if (!isRequest(input)) return { ...init, headers: withAuthorization(init?.headers, authorization) }
    return { ...referrerOf(input), ...init, headers: withAuthorization(init?.headers ?? input.headers, authorization) }
  }
}

// Not left to fetch: its error quotes the value.
function fieldValue(authorization: string): string {
  if (FIELD_VALUE.test(authorization)) return authorization
  throw invalidOptions(
    'token',
    'has characters that no header can carry',
    'Look at what the provider gives as access token and token type.',
  )
}

/** A plain object stays one, which fetch reads faster than `Headers` made from it. */
function withAuthorization(headers: HeadersInit | undefined, authorization: string): HeadersInit {
  if (headers === undefined) return { authorization }
  if (!(Symbol.iterator in headers) && !Object.keys(headers).some(isAuthorization)) return { ...headers, authorization }
  const all = new Headers(headers)
  all.set('authorization', authorization)
  return all
}

function isAuthorization(name: string): boolean {
  return name.toLowerCase() === 'authorization'
}

// Fetch forgets the referrer of a request once there is a second argument (Fetch standard, Request constructor).
function referrerOf({ referrer, referrerPolicy }: Request): RequestInit {
  return {
    ...(referrer === 'about:client' ? {} : { referrer }),
    ...(referrerPolicy === '' ? {} : { referrerPolicy }),
  }
}
