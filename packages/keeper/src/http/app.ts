import { OpenAPIHono } from '@hono/zod-openapi'
import { Hono } from 'hono'
import type { Desk } from './desk.ts'
import { docsPage } from './docs-page.ts'
import { describeRoutes, type KeeperApp } from './openapi.ts'
import { Problem } from './problem.ts'
import { defineRoute, type KeeperBindings, type Route } from './route.ts'

export interface AppParts {
  readonly desk: Desk
  readonly routes: readonly Route[]
  readonly version: string
}

/** All routes as one application, and what there is to read about them. */
export function createApp({ desk, routes, version }: AppParts): KeeperApp {
  const app: KeeperApp = new OpenAPIHono()
  const readable = [...routes, ...documentRoutes(() => document, routes, version)]
  const document = describeRoutes(app, readable, version)

  const methods = new Map<string, Set<string>>()
  for (const route of readable) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    const handler = desk.serve(route)
    if (route.method === 'all') app.all(path, handler)
    else app.on(route.method.toUpperCase(), path, handler)
    const known = methods.get(path) ?? new Set()
    methods.set(path, known.add(route.method.toUpperCase()))
  }
  // Asked when nothing else fits. Beside the others in one router they would be composed with them for each request.
  const others = new Hono<{ Bindings: KeeperBindings }>()
  for (const [path, known] of methods) {
    if (!known.has('ALL')) others.all(path, desk.serve(wrongMethod(path, [...known])))
  }
  others.notFound(desk.serve(nothing))
  app.notFound(({ req, env }) => others.fetch(req.raw, env))
  return app
}

/** Asked by anybody: what is here is no secret, `/docs` tells it all. */
const nothing: Route = {
  method: 'all',
  path: 'other',
  access: 'open',
  summary: '',
  answers: {},
  answer() {
    throw new Problem('not-found')
  },
}

function wrongMethod(path: string, methods: readonly string[]): Route {
  return {
    ...nothing,
    path: path.replaceAll(/:(\w+)/g, '{$1}'),
    answer() {
      throw new Problem('method-not-allowed', { headers: { allow: methods.join(', ') } })
    },
  }
}

function documentRoutes(document: () => string, routes: readonly Route[], version: string): readonly Route[] {
  const page = docsPage(routes, version)
  const openapi = defineRoute({
    method: 'get',
    path: '/openapi.json',
    access: 'open',
    summary: 'This, for programs',
    answers: { 200: { description: 'OpenAPI 3.1' } },
    answer: () => new Response(document(), { headers: { 'content-type': 'application/json' } }),
  })
  const docs = defineRoute({
    method: 'get',
    path: '/docs',
    access: 'open',
    summary: 'This, for people',
    answers: { 200: { description: 'A page', type: 'text/html' } },
    answer: async () => new Response(await page.html, { headers: page.headers }),
  })
  return [openapi, docs]
}
