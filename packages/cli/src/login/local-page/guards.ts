import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import type { PageAddress } from './address.ts'
import { sorryPage } from './pages.ts'
import { STYLE_SOURCE } from './style.ts'

/** Of a form: an id, a secret, a choice and a token have some hundred bytes. */
const MOST_BODY_BYTES = 8_192

/**
 * What every answer carries: nothing is kept, nothing is framed, nothing runs, nothing is told to the next site. A form may
 * lead to the provider's page, since browsers count a redirect after it as its target.
 */
export function strictHeaders(authorizeOrigin: string): MiddlewareHandler {
  const headers = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: [STYLE_SOURCE],
      formAction: ["'self'", authorizeOrigin],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
    // For https alone; there is none here.
    strictTransportSecurity: false,
  })
  return async (context, next) => {
    await headers(context, next)
    context.header('cache-control', 'no-store')
  }
}

/** A name that was made to lead here (DNS rebinding) is another host, whatever the address behind it. */
export function ownHost({ host }: PageAddress): MiddlewareHandler {
  return async (context, next) => {
    if (context.req.header('host')?.toLowerCase() === host) return next()
    return refuse(context, 421, 'This page answers under its own address only. Use the one in the terminal.')
  }
}

/** Lets in forms of this very page. A browser always says where a form comes from. */
export function ownForms({ origin }: PageAddress): MiddlewareHandler {
  return async (context, next) => {
    if (context.req.method !== 'POST') return next()
    const type = context.req.header('content-type') ?? ''
    if (!/^application\/x-www-form-urlencoded(?:;|$)/i.test(type)) return refuse(context, 415, 'This is no form.')
    if (isFromHere(context, origin)) return next()
    return refuse(context, 403, 'This form comes from another page, so nothing was done.')
  }
}

/** Under `no-referrer` the origin of a form is `null`; then `Sec-Fetch-Site`, which no page can set, has to speak. */
function isFromHere({ req }: Context, own: string): boolean {
  const origin = req.header('origin')
  const site = req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin') return false
  return origin === own || (origin === 'null' && site === 'same-origin')
}

export const smallBodies: MiddlewareHandler = bodyLimit({
  maxSize: MOST_BODY_BYTES,
  onError: (context) => refuse(context, 413, 'That is far more than this form takes.'),
})

export function refuse(
  context: Context,
  status: 400 | 403 | 404 | 405 | 413 | 415 | 421,
  text: string,
): Promise<Response> {
  return Promise.resolve(context.html(sorryPage(text), status))
}
