import { createSession, systemClock, type Clock } from '@evergrant/core'
import { figure, type Figure } from '../figure.ts'
import { bytesPerCall } from '../heap.ts'
import { measureInterleaved, ratios, type Contestant } from '../measure.ts'
import { inventedCredentials, inventedProvider } from './invented-provider.ts'
import type { ScenarioOptions } from './scenario.ts'

/** B1 and B2: what a call costs when the token is there. */
export async function tokenInHand({ quick, progress }: ScenarioOptions): Promise<readonly Figure[]> {
  await using session = sessionOn(systemClock)
  // A session may answer the calls of one turn of the event loop from one reading of the time. Most calls of a program
  // are alone in their turn; a clock that cannot tell turns apart shows what those cost.
  await using alone = sessionOn(WITHOUT_TURNS)
  const token = await session.getToken()
  await alone.getToken()

  const plan = quick ? { rounds: 1, samples: 5, calls: 500 } : { rounds: 15, samples: 100, calls: 5_000 }
  const timed = await measureInterleaved(
    {
      floor: awaiting(async () => token),
      again: awaiting(async () => token),
      get: awaiting(() => session.getToken()),
      getAlone: awaiting(() => alone.getToken()),
      peek: calling(() => session.peekToken()),
      peekAlone: calling(() => alone.peekToken()),
    },
    plan,
    (round) => progress(`token in hand: round ${round} of ${plan.rounds}`),
  )
  const get = 'await getToken()'
  const peek = 'peekToken()'
  const bytes = (of: typeof session) => bytesPerCall(() => of.peekToken(), plan.rounds)
  return [
    figure({ id: 'B1', name: `${get} / async function`, unit: 'x', budget: 1.1 }, ratios(timed.get, timed.floor)),
    figure(
      { id: 'B1', name: `${get}, alone in its turn / async function`, unit: 'x' },
      ratios(timed.getAlone, timed.floor),
    ),
    figure({ id: 'B1', name: 'noise: async function / itself', unit: 'x' }, ratios(timed.again, timed.floor)),
    figure({ id: 'B1', name: get, unit: 'ns' }, timed.get),
    figure({ id: 'B2', name: peek, unit: 'ns', budget: 100 }, timed.peek),
    figure({ id: 'B2', name: `${peek}, alone in its turn`, unit: 'ns', budget: 100 }, timed.peekAlone),
    figure({ id: 'B2', name: `${peek} allocates`, unit: 'bytes', budget: NO_BYTES }, bytes(session)),
    figure({ id: 'B2', name: `${peek}, alone in its turn, allocates`, unit: 'bytes', budget: NO_BYTES }, bytes(alone)),
  ]
}

// Neither wrapped nor with the method deleted: both make the clock slower, and would show in the figures.
const WITHOUT_TURNS: Clock = Object.assign<Clock, { endOfTurn: undefined }>(
  { ...systemClock },
  { endOfTurn: undefined },
)

/** Less than this for a call is what the measuring itself leaves behind. */
const NO_BYTES = 0.1

function sessionOn(clock: Clock) {
  return createSession({ provider: inventedProvider(), credentials: inventedCredentials(), clock })
}

/** One loop for all, so that none of them is compiled into it. */
const awaiting =
  (call: () => Promise<unknown>): Contestant =>
  async (calls) => {
    for (let made = 0; made < calls; made += 1) await call()
  }

const calling =
  (call: () => unknown): Contestant =>
  (calls) => {
    for (let made = 0; made < calls; made += 1) call()
  }
