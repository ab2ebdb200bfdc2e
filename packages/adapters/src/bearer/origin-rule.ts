import { EvergrantError, invalidOptions } from '@evergrant/core'
import { isSecure, secureBaseUrl } from '../http/secure-url.ts'

/** Says where a token may go. */
export interface OriginRule {
  allows(url: string): boolean
  /** Throws `foreign-origin` for a place that the token may not go to, `invalid-options` for what is no place. */
  check(url: string): void
}

/** Throws `invalid-options` for a list that lets the token out in plain text. */
export function originRule(apiBaseUrl: string | undefined, origins: readonly string[] | undefined): OriginRule {
  const allowed = allowedOrigins(apiBaseUrl, origins)
  // Spares most requests the parser: what begins with an origin and goes on to a path lies in it.
  const roots = allowed?.map((origin) => `${origin}/`) ?? []

  function mayGoTo(url: URL): boolean {
    return allowed === undefined ? isSecure(url) : allowed.includes(url.origin)
  }

  return {
    allows(url) {
      const target = resolve(url)
      return target !== null && mayGoTo(target)
    },
    check(url) {
      if (roots.some((root) => url.startsWith(root))) return
      const target = resolve(url)
      if (target === null) {
        throw invalidOptions('input', 'is not an absolute URL', 'Give the whole URL, or use ky with its prefix option.')
      }
      if (!mayGoTo(target)) throw foreignOrigin(target.origin, allowed)
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

function foreignOrigin(origin: string, allowed: readonly string[] | undefined): EvergrantError<'foreign-origin'> {
  const places = allowed === undefined ? 'https, and http on loopback' : allowed.join(', ')
  return new EvergrantError('foreign-origin', {
    message: `The token is not meant for ${origin}; nothing was sent.`,
    help: `It goes to ${places || 'no origin at all'}. Use another client for other servers, or name them in origins.`,
    details: { origin },
  })
}
