import { z, type OpenAPIHono } from '@hono/zod-openapi'
import type { KeeperBindings, Route } from './route.ts'
import { problemAnswer } from './schemas.ts'

export type KeeperApp = OpenAPIHono<{ Bindings: KeeperBindings }>

const KEY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An API key: egk_…' },
  header: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
} as const

/** Methods that a document can name of a route that takes any. */
const ANY_METHOD = ['get', 'post', 'put', 'patch', 'delete'] as const

/** The OpenAPI 3.1 document of the routes, made from the very schemas that check requests. */
export function describeRoutes(app: KeeperApp, routes: readonly Route[], version: string): string {
  const { openAPIRegistry: registry } = app
  for (const [name, scheme] of Object.entries(KEY_SCHEMES)) registry.registerComponent('securitySchemes', name, scheme)
  for (const route of routes) {
    const methods = route.method === 'all' ? ANY_METHOD : [route.method]
    for (const method of methods) registry.registerPath({ method, ...operation(route) })
  }
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'evergrant keeper', version, description: 'Live access tokens for many accounts.' },
  })
  return JSON.stringify(document)
}

function operation({ path, access, summary, description, query, body, documented, answers }: Route) {
  const shown = documented?.query ?? query
  const wild = path.endsWith('/*')
  return {
    path: wild ? `${path.slice(0, -1)}{path}` : path,
    summary,
    ...(description === undefined ? {} : { description }),
    security: access === 'open' ? [] : [{ bearer: [] }, { header: [] }],
    ...(typeof access === 'string' ? {} : { 'x-scopes': [...access] }),
    request: {
      ...(shown === undefined ? {} : { query: shown }),
      ...(documented?.headers === undefined ? {} : { headers: documented.headers }),
      ...(documented?.params === undefined && !wild
        ? {}
        : { params: documented?.params ?? z.object({ path: z.string() }) }),
      ...(body === undefined ? {} : { body: { required: true, content: { 'application/json': { schema: body } } } }),
    },
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(
          ([status, { description: text, type = 'application/json', schema = z.unknown() }]) => [
            status,
            { description: text, ...(Number(status) === 204 ? {} : { content: { [type]: { schema } } }) },
          ],
        ),
      ),
      default: {
        description: 'A problem (RFC 9457)',
        content: { 'application/problem+json': { schema: problemAnswer } },
      },
    },
  }
}
