import { PASSED_METHODS, type PassOn } from '../../proxy/pass-on.ts'
import { Problem } from '../problem.ts'
import { defineRoute, type KeeperContext, type Route } from '../route.ts'
import { accountHeader } from '../schemas.ts'

const PREFIX = '/api/v1/proxy'

/** Any request to the provider's API, with the token of an account. */
export function proxyRoute(passOn: PassOn): Route {
  return defineRoute({
    method: 'all',
    path: `${PREFIX}/*`,
    access: ['proxy'],
    summary: 'Passes a request on to the API of the provider',
    description:
      'What follows `/api/v1/proxy` is a path below the base URL of the API, with its query. The account is named by ' +
      '`X-Evergrant-Account`. No redirect is followed. An answer of the API has the header `X-Evergrant-Upstream`.',
    timeout: 'upstream-timeout',
    documented: { headers: accountHeader },
    answers: { 200: { description: 'What the API answered, whatever its status', type: '*/*' } },
    async answer(call) {
      const { context, signal } = call
      const { raw } = context.req
      const name = call.account(raw.headers.get('x-evergrant-account') ?? undefined)
      const { method, headers } = raw
      if (!PASSED_METHODS.includes(method)) {
        throw new Problem('method-not-allowed', { headers: { allow: PASSED_METHODS.join(', ') } })
      }
      return passOn({ account: name, method, path: pathAsSent(context), headers, request: raw, signal })
    },
  })
}

/** As it came over the wire where that is known: the URL parser has taken dots out of what a request shows. */
function pathAsSent({ env, req }: KeeperContext): string {
  const sent = env?.incoming?.url ?? req.raw.url.slice(new URL(req.raw.url).origin.length)
  if (sent.startsWith(`${PREFIX}/`)) return sent.slice(PREFIX.length)
  throw new Problem('path-refused')
}
