import { createSession, type Provider } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { figure, type Figure } from '../figure.ts'
import { inventedCredentials, inventedProvider } from './invented-provider.ts'
import type { ScenarioOptions } from './scenario.ts'

/** In ms; the invented provider issues tokens of this length. */
const LIFETIME = 900_000
/** Of a month. */
const LIFETIMES_OF_A_MONTH = 30 * 96

/** B10: how much of a bot's life passes in a second of real time, with one session that renews its token by itself. */
export async function virtualLifetimes({ quick, progress }: ScenarioOptions): Promise<readonly Figure[]> {
  const { rounds, lifetimes } = quick ? { rounds: 1, lifetimes: 20 } : { rounds: 9, lifetimes: 3_500 }
  const { provider, counted } = countingProvider()
  const clock = new VirtualClock()
  await using session = createSession({ provider, credentials: inventedCredentials(), clock })
  await session.getToken()

  const perSecond: number[] = []
  const perRequest: number[] = []
  // The first round compiles the code, and is thrown away.
  for (let round = 0; round <= rounds; round += 1) {
    progress(`virtual lifetimes: round ${round} of ${rounds}`)
    const requestsBefore = counted.requests
    const begun = performance.now()
    await clock.advance(lifetimes * LIFETIME)
    const took = performance.now() - begun
    if (session.peekToken() === null) throw new Error('The session did not stay alive')
    if (round === 0) continue
    perSecond.push((lifetimes * 1e3) / took)
    perRequest.push((took * 1e3) / (counted.requests - requestsBefore))
  }
  return [
    figure(
      { id: 'B10', name: 'lifetimes of 15 minutes, virtual', unit: 'lifetimes/s', budget: 3_500, bound: 'least' },
      perSecond,
    ),
    figure(
      { id: 'B10', name: 'months of a bot, virtual', unit: 'months/s', budget: 1, bound: 'least' },
      perSecond.map((count) => count / LIFETIMES_OF_A_MONTH),
    ),
    figure({ id: 'B10', name: 'to renew a token, all included', unit: 'us' }, perRequest),
  ]
}

function countingProvider(): { readonly provider: Provider; readonly counted: { readonly requests: number } } {
  const counted = { requests: 0 }
  const inner = inventedProvider()
  const provider: Provider = {
    ...inner,
    requestToken(credentials, options) {
      counted.requests += 1
      return inner.requestToken(credentials, options)
    },
  }
  return { provider, counted }
}
