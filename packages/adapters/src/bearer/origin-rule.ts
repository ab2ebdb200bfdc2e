import { EvergrantError, invalidOptions, type AccessToken } from '@evergrant/core'
import { isSecure, secureBaseUrl } from '../http/secure-url.ts'

/** Says where a token may go. */
export interface OriginRule {
  allows(url: string): boolean
  /**
   * Throws `foreign-origin` for a place that no token may go to, `invalid-options` for what is no place. A path may be
   * one of the API that a token names, where neither the provider nor the caller says where tokens go.
   */
  check(url: string): void
  /** The address that a request with this token goes to. Throws as `check` does. */
  place(url: string, token: Pick<AccessToken, 'apiBaseUrl'>): string
}

/** Throws `invalid-options` for a list that lets the token out in plain text. */
export function originRule(apiBaseUrl: string | undefined, origins: readonly string[] | undefined): OriginRule {
  const allowed = allowedOrigins(apiBaseUrl, origins)
  // Spares most requests the parser: what begins with an origin and goes on to a path lies in it.
  const roots = allowed?.map((origin) => `${origin}/`) ?? []

  function mayGoTo(url: URL): boolean {
    return allowed === undefined ? isSecure(url) : allowed.includes(url.origin)
  }

  /** Where this token may go to. What the server says with it counts where nothing else is said. */
  function placeOf(url: string, apiBaseUrl: string): string {
    const base = new URL(`${secureBaseUrl('apiBaseUrl', apiBaseUrl)}/`)
    // A path belongs to the API, also one that begins with a slash: the API may lie below its origin's root.
    const target = URL.parse(url) ?? new URL(url.replace(/^\/+/, ''), base)
    if (target.origin !== base.origin) throw foreignOrigin(target.origin, [base.origin])
    return target.href
  }

  return {
    allows(url) {
      const target = resolve(url)
      return target !== null && mayGoTo(target)
    },
    check(url) {
      if (roots.some((root) => url.startsWith(root))) return
      const target = resolve(url)
      if (target === null && allowed === undefined) return
      if (target === null) throw noPlace()
      if (!mayGoTo(target)) throw foreignOrigin(target.origin, allowed)
    },
    place(url, { apiBaseUrl }) {
      if (allowed !== undefined) return url
      if (apiBaseUrl !== null) return placeOf(url, apiBaseUrl)
      if (resolve(url) === null) throw noPlace()
      return url
    },
  }
}

function allowedOrigins(
  apiBaseUrl: string | undefined,
  origins: readonly string[] | undefined,
): readonly string[] | undefined {
  const [option, urls] =
    origins === undefined ? ['apiBaseUrl', apiBaseUrl === undefined ? [] : [apiBaseUrl]] : ['origins', origins]
  if (origins === undefined && urls.length === 0) return undefined
  return urls.map((url) => new URL(secureBaseUrl(option, url)).origin)
}

/** In a page, fetch resolves against its base; elsewhere a relative URL means nothing. */
function resolve(url: string): URL | null {
  return URL.parse(url, globalThis.document?.baseURI ?? globalThis.location?.href)
}

function noPlace(): EvergrantError<'invalid-options'> {
  return invalidOptions('input', 'is not an absolute URL', 'Give the whole URL, or use ky with its prefix option.')
}

function foreignOrigin(origin: string, allowed: readonly string[] | undefined): EvergrantError<'foreign-origin'> {
  const places = allowed === undefined ? 'https, and http on loopback' : allowed.join(', ')
  return new EvergrantError('foreign-origin', {
    message: `The token is not meant for ${origin}; nothing was sent.`,
    help: `It goes to ${places || 'no origin at all'}. Use another client for other servers, or name them in origins.`,
    details: { origin },
  })
}
