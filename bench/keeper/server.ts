import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { FetchFunction } from '@evergrant/adapters/fetch'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { createKeeper } from '@evergrant/keeper'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { heapInUse } from '../heap.ts'
import { SEALING_KEY, type Answer, type Order, type Serving } from './orders.ts'
import { openPlace } from './places.ts'

/** A server for a process of its own; see orders.ts. It ends with the process that began it. */
const UNLIMITED = 1_000_000_000
/** Tokens of tastytrade have about 1,000 characters. */
const TOKEN_BYTES = 750
let latency = 0

/** A token server without a network, which grants a token to everybody. */
const grantingFetch: FetchFunction = async () => {
  if (latency > 0) await pause(latency)
  return Response.json({
    access_token: randomBytes(TOKEN_BYTES).toString('base64url'),
    token_type: 'Bearer',
    expires_in: 900,
  })
}

async function serveKeeper({ place, concurrency }: Extract<Serving, { what: 'keeper' }>) {
  const keeper = createKeeper({
    provider: tastytrade({ fetch: grantingFetch }),
    store: openPlace(place),
    sealing: { key: SEALING_KEY },
    policy: { loginBudget: 2 * concurrency },
    concurrency,
    limits: { requestsPerMinute: UNLIMITED },
  })
  const { key } = await keeper.keys.create({ name: 'bench', scopes: ['admin', 'token'], accounts: '*' })
  const { port } = await keeper.listen({ port: 0 })
  return { port, key: key.reveal() }
}

async function serveBare() {
  const app = new Hono()
  const accessToken = randomBytes(TOKEN_BYTES).toString('base64url')
  const expiresAt = Date.now() + 900_000
  app.get('/api/v1/token', (context) =>
    context.json({
      account: context.req.query('account'),
      access_token: accessToken,
      token_type: 'Bearer',
      expires_at: new Date(expiresAt).toISOString(),
      expires_in: Math.floor((expiresAt - Date.now()) / 1000),
      generation: 1,
      scope: 'read trade',
      api_base_url: 'https://api.example.test',
    }),
  )
  const respond = getRequestListener(app.fetch)
  const server = createServer((incoming, outgoing) => void respond(incoming, outgoing))
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, key: 'none' }
}

async function obey(order: Order): Promise<Answer> {
  switch (order.do) {
    case 'serve': {
      const served = order.what === 'bare' ? await serveBare() : await serveKeeper(order)
      return { said: 'served', ...served }
    }
    case 'delay':
      latency = order.latency
      return { said: 'done' }
    case 'weigh':
      return { said: 'weighed', heap: heapInUse() }
    case 'time': {
      const { user, system } = process.cpuUsage()
      return { said: 'timed', cpu: (user + system) / 1_000 }
    }
  }
}

process.on('message', (order) => {
  obey(order as Order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => process.exit())
