import type { Answering, Arrived } from './api-server.ts'

/** Answers with JSON. */
export function json({ response }: Arrived, status: number, value: unknown = {}): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** A 401 of the API itself. */
export function refuse(request: Arrived): void {
  json(request, 401, { error: { code: 'unauthorized', message: 'The token is not valid.' } })
}

/** Sends the client elsewhere. */
export function redirect({ response }: Arrived, status: number, location: string): void {
  response.writeHead(status, { location }).end()
}

/** An API that refuses the tokens that `isRefused` says, and tells the others what they sent. */
export function guarded(isRefused: (token: string) => boolean): Answering {
  return (request) => {
    if (request.token === null || isRefused(request.token)) refuse(request)
    else json(request, 200, { ok: true })
  }
}

/** What stands in front of an API says this, and has judged no token. */
export const EDGE_ANSWERS: Readonly<Record<string, Answering>> = {
  'a 401 with HTML': ({ response }) => response.writeHead(401, { 'content-type': 'text/html' }).end(PAGE),
  'a 403 with HTML': ({ response }) => response.writeHead(403, { 'content-type': 'text/html' }).end(PAGE),
  'a 401 with nothing': ({ response }) => response.writeHead(401, { 'content-length': '0' }).end(),
  'a 403 with nothing': ({ response }) => response.writeHead(403, { 'content-length': '0' }).end(),
  'a 403 of the API, which is about rights': (request) => json(request, 403, { error: { code: 'not_permitted' } }),
}

const PAGE = '<html><head><title>Refused</title></head><body>edge</body></html>'
