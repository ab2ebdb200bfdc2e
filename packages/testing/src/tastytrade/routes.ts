import { Hono } from 'hono'
import { LinearRouter } from 'hono/router/linear-router'
import type { Api } from './api.ts'
import type { Visit } from './visit.ts'

export interface RouteParts {
  readonly api: Api
  readonly tokenEndpoint: (visit: Visit) => Response
  readonly authorizePage: (visit: Visit) => Response
}

/** Which path is answered by what; a table, so that the whole surface of the fake can be seen at a glance. */
export function createRoutes({ api, tokenEndpoint, authorizePage }: RouteParts): (visit: Visit) => Promise<Response> {
  // Most fakes answer few requests: a router that compiles its routes takes longer for that than for all of them.
  const app = new Hono<{ Bindings: { visit: Visit } }>({ router: new LinearRouter() })

  app.post('/oauth/token', ({ env }) => tokenEndpoint(env.visit))
  app.on(['GET', 'POST'], '/auth.html', ({ env }) => authorizePage(env.visit))

  app.get('/customers/me', ({ env }) => api.authorize(env.visit, 'read', api.customer))
  app.get('/customers/me/accounts', ({ env }) => api.authorize(env.visit, 'read', api.accounts))
  app.get('/api-quote-tokens', ({ env }) => api.authorize(env.visit, 'read', api.quoteToken))
  app.get('/accounts/:number/balances', ({ env, req }) =>
    api.authorize(env.visit, 'read', api.balances, req.param('number')),
  )
  app.get('/accounts/:number/positions', ({ env, req }) =>
    api.authorize(env.visit, 'read', api.positions, req.param('number')),
  )
  app.post('/accounts/:number/orders/dry-run', ({ env, req }) =>
    api.authorize(env.visit, 'trade', api.dryRun, req.param('number')),
  )

  app.notFound(({ env }) => api.notFound(env.visit))
  app.onError((error) => {
    throw error
  })
  return async (visit) => app.fetch(visit.request, { visit })
}
