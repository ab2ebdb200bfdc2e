import type { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { KeyScope } from '../keys/api-key.ts'
import type { Principal } from '../keys/principal.ts'
import type { ProblemCode } from './problem.ts'

/** What a server hands in with a request; nothing where the keeper is called as a function. */
export interface KeeperBindings {
  readonly incoming?: {
    readonly url?: string | undefined
    readonly socket: { readonly remoteAddress?: string | undefined }
  }
  /** True where the last address of `X-Forwarded-For` was written by a proxy that is trusted. */
  readonly behindProxy?: boolean
}

export type KeeperContext = Context<{ Bindings: KeeperBindings }>

/** One request that was let in. */
export interface Call<Query = unknown, Body = unknown> {
  readonly context: KeeperContext
  readonly principal: Principal
  readonly query: Query
  readonly body: Body
  /** Aborts when the caller has left, or has waited for as long as the limits say. */
  readonly signal: AbortSignal
  /** Checks that the caller may use this account, and notes it for the audit log. Throws a problem. */
  account(name: string | undefined): string
}

/** Who may call: anybody, any good key, or one with at least one of these scopes. */
type Access = 'open' | 'any' | readonly KeyScope[]

interface RouteAnswer {
  readonly description: string
  /** Default `application/json`. */
  readonly type?: string
  readonly schema?: z.ZodType
}

/** One way in, with all that there is to know about it. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete' | 'all'
  /** As OpenAPI writes it: `/api/v1/credentials/{account}`. */
  readonly path: string
  readonly access: Access
  readonly summary: string
  readonly description?: string
  readonly query?: z.ZodObject | undefined
  readonly body?: z.ZodObject | undefined
  /** Only for the document: what the handler reads by itself. */
  readonly documented?: {
    readonly query?: z.ZodObject
    readonly headers?: z.ZodObject
    readonly params?: z.ZodObject
  }
  readonly answers: Readonly<Record<number, RouteAnswer>>
  /** What it is to the caller that the time is up. Default `wait-timeout`. */
  readonly timeout?: ProblemCode
  answer(call: Call): Response | Promise<Response>
}

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

/** A route whose handler gets what its schemas make of the query and the body. */
export interface TypedRoute<Query, Body> extends Omit<Route, 'query' | 'body' | 'answer'> {
  readonly query?: Query
  readonly body?: Body
  answer(call: Call<Output<Query>, Output<Body>>): Response | Promise<Response>
}

export function defineRoute<
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodObject | undefined = undefined,
>(route: TypedRoute<Query, Body>): Route {
  return route
}
