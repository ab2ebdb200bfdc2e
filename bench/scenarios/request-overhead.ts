import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { bearerFetch } from '@evergrant/adapters/fetch'
import { bearer } from '@evergrant/adapters/ky'
import { createSession } from '@evergrant/core'
import ky from 'ky'
import { figure, type Figure } from '../figure.ts'
import { measureInterleaved, ratios, type Contestant } from '../measure.ts'
import { inventedCredentials, inventedProvider } from './invented-provider.ts'
import type { ScenarioOptions } from './scenario.ts'

/** B3: requests through the adapters, and with the header set by hand, one after the other on one connection. */
export async function requestOverhead({ quick, progress }: ScenarioOptions): Promise<readonly Figure[]> {
  await using server = await startServer()
  await using session = createSession({ provider: inventedProvider(server.url), credentials: inventedCredentials() })
  const { authorization } = await session.getToken()
  const headers = { authorization }
  const url = `${server.url}/accounts/EXAMPLE-1/balances`

  const fetchWithToken = bearerFetch(session)
  const bareKy = ky.extend({ headers })
  const kyWithToken = ky.extend(bearer(session))

  const plan = quick ? { rounds: 1, samples: 5, calls: 2 } : { rounds: 9, samples: 250, calls: 4 }
  const timed = await measureInterleaved(
    {
      fetch: asking(async () => (await fetch(url, { headers })).json()),
      again: asking(async () => (await fetch(url, { headers })).json()),
      bearerFetch: asking(async () => (await fetchWithToken(url)).json()),
      ky: asking(() => bareKy.get(url).json()),
      bearerKy: asking(() => kyWithToken.get(url).json()),
    },
    plan,
    (round) => progress(`request overhead: round ${round} of ${plan.rounds}`),
  )
  const us = (rounds: readonly number[]) => rounds.map((ns) => ns / 1e3)
  return [
    figure(
      { id: 'B3', name: 'ky.extend(bearer(session)) / bare ky', unit: 'x', budget: 1.05 },
      ratios(timed.bearerKy, timed.ky),
    ),
    figure(
      { id: 'B3', name: 'bearerFetch(session) / bare fetch', unit: 'x', budget: 1.03 },
      ratios(timed.bearerFetch, timed.fetch),
    ),
    figure({ id: 'B3', name: 'noise: bare fetch / itself', unit: 'x' }, ratios(timed.again, timed.fetch)),
    figure({ id: 'B3', name: 'a request with bare ky', unit: 'us' }, us(timed.ky)),
    figure({ id: 'B3', name: 'a request with bare fetch', unit: 'us' }, us(timed.fetch)),
  ]
}

const asking =
  (ask: () => Promise<unknown>): Contestant =>
  async (calls) => {
    for (let made = 0; made < calls; made += 1) await ask()
  }

/** In a process of its own, so that its work is not taken for the client's. */
async function startServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const child = fork(fileURLToPath(new URL('plain-server.ts', import.meta.url)), { execArgv: [] })
  const ended = once(child, 'exit')
  const [{ url }] = (await Promise.race([once(child, 'message'), ended.then(neverStarted)])) as [{ url: string }]
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.disconnect()
      await ended
    },
  }
}

function neverStarted(): never {
  throw new Error('The server of the bench ended before it listened')
}
