// An authorization server and an API in a process of their own, told by messages how to answer. See behaviour.ts.
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HEALTHY, type Behaviour, type Fault, type Seen } from './behaviour.ts'

export type Order =
  | { readonly behave: Partial<Behaviour> }
  | { readonly overstate: number }
  | { readonly ask: 'seen' | 'new grant' }
export type Word =
  | { readonly url: string; readonly refreshToken: string }
  | { readonly refreshToken: string }
  | { readonly done: true }
  | { readonly seen: Seen }

let behaviour = HEALTHY
let faults: Fault[] = []
let refreshToken = newSecret()
let dead = false
let storming = new Set<string>()
const used = new Set<string>()
const good = new Map<string, number>()
let seen = counted()

function counted(): { -readonly [name in keyof Seen]: Seen[name] } {
  return { tokenRequests: 0, openTokenRequests: 0, mostAtOnce: 0, answered: 0, refused: 0, reused: false }
}

function newSecret(): string {
  return `invented-${randomBytes(18).toString('base64url')}`
}

function newGrant(): string {
  dead = false
  used.clear()
  refreshToken = newSecret()
  return refreshToken
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Some clients read into their tokens, so all get one that can be read. */
function jwt(claims: object): string {
  return `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}.${randomBytes(16).toString('base64url')}`
}

function say(word: Word): void {
  process.send?.(word)
}

async function body(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return new URLSearchParams(text.startsWith('{') ? (JSON.parse(text) as Record<string, string>) : text)
}

function answer(response: ServerResponse, status: number, value: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}

async function grant(request: IncomingMessage, response: ServerResponse): Promise<void> {
  seen.tokenRequests += 1
  seen.openTokenRequests += 1
  seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.openTokenRequests)
  response.once('close', () => (seen.openTokenRequests -= 1))
  const given = (await body(request)).get('refresh_token') ?? ''
  const fault = behaviour.always ?? faults.shift() ?? null
  if (fault === 'silence') return
  if (behaviour.latency > 0) await new Promise((resolve) => setTimeout(resolve, behaviour.latency))
  if (fault === 'drop') return void request.socket.destroy()
  if (fault === 'server-error') return answer(response, 500, { error: 'server_error' })
  if (fault === 'too-many-requests') return answer(response, 429, { error: 'slow_down' }, { 'retry-after': '5' })
  if (behaviour.rotation === 'strict' && used.has(given)) {
    seen.reused = true
    dead = true
  }
  if (dead || behaviour.grant === 'revoked' || given !== refreshToken) {
    return answer(response, 400, { error: 'invalid_grant', error_description: 'Grant revoked' })
  }
  if (behaviour.rotation === 'strict') {
    used.add(given)
    refreshToken = newSecret()
  }
  answer(response, 200, tokens(new URL(request.url ?? '/', 'http://localhost').searchParams.has('account')))
}

function tokens(withAccount: boolean): object {
  const now = Math.floor(Date.now() / 1_000)
  const expiresIn = behaviour.lifetime / 1_000 + behaviour.overstated
  const user = { id: '00000000-0000-4000-8000-000000000001', aud: 'authenticated', email: 'somebody@example.test' }
  const token = jwt({ sub: user.id, iat: now, exp: Math.ceil(now + expiresIn), jti: randomBytes(6).toString('hex') })
  good.set(token, performance.now() + behaviour.lifetime)
  const account = {
    id_token: jwt({ iss: 'x', aud: 'client', sub: 's', oid: 'o', tid: 'tenant', iat: now, exp: now + 9_000 }),
    client_info: part({ uid: 'o', utid: 'tenant' }),
    ext_expires_in: expiresIn,
  }
  return {
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresIn,
    scope: 'read',
    user,
    ...(withAccount ? account : {}),
    ...(behaviour.tellsRefreshToken ? { refresh_token: refreshToken } : {}),
  }
}

async function data(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
  const { storm } = behaviour
  const lives = (good.get(token) ?? 0) > performance.now()
  const refused = !lives || (storm !== null && storming.has(token))
  if (storm !== null && refused) await new Promise((resolve) => setTimeout(resolve, Math.random() * storm))
  if (refused) seen.refused += 1
  else seen.answered += 1
  const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' }
  if (refused) answer(response, 401, { error: { code: 'token_invalid' } }, challenge)
  else answer(response, 200, { data: { items: [], context: '/data' } })
}

const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname
  const done = path.endsWith('/token') ? grant(request, response) : data(request, response)
  done.catch(() => request.socket.destroy())
})
server.keepAliveTimeout = 60_000

process.on('message', (order: Order) => {
  if ('overstate' in order) {
    behaviour = { ...behaviour, overstated: order.overstate }
    return say({ done: true })
  }
  if ('ask' in order) return order.ask === 'seen' ? say({ seen: { ...seen } }) : say({ refreshToken: newGrant() })
  behaviour = { ...behaviour, ...order.behave }
  faults = [...behaviour.faults]
  const open = seen.openTokenRequests
  seen = { ...counted(), openTokenRequests: open }
  // From here on the tokens that are out are refused.
  storming = behaviour.storm === null ? new Set() : new Set(good.keys())
  say({ done: true })
})
process.on('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => {
  say({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, refreshToken })
})
