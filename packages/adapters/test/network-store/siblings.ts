import { fileURLToPath } from 'node:url'
import { fakeTastytrade, VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { startChild, type Child } from '../processes/child.ts'
import type { SiblingCommand, SiblingReport } from './fixtures/sibling-command.ts'
import { runFromSource } from './from-source.ts'
import { openStore, type CreateNetworkPlace, type NetworkPlace } from './place.ts'

const SIBLINGS = 3
/** A lifetime is the life of one access token, from its issue to that of the next. */
const LIFETIMES = 15
const MINUTE = 60_000
/** Tokens live for 15 minutes: by the tenth, all siblings have a refresh due. */
const REFRESH_DUE = 10 * MINUTE
const PAST_EXPIRY = 16 * MINUTE
const PATIENCE = 240_000
const KEY = 'grant/default'

type Sibling = Child<SiblingCommand, SiblingReport>

/** Processes that stand for hosts, over a server that rotates strictly; their time and the server's are one. */
async function createFamily(place: NetworkPlace) {
  const resources = new AsyncDisposableStack()
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ rotation: 'strict', clock: clock.server })
  const listener = resources.use(await fake.listen())
  runFromSource()
  const program = fileURLToPath(new URL('fixtures/sibling.ts', import.meta.url))
  const siblings = Array.from({ length: SIBLINGS }, (_, n): Sibling => {
    const child: Sibling = startChild(program, `sibling ${n + 1}`)
    resources.defer(async () => {
      child.kill()
      await child.end()
    })
    return child
  })
  const hearAll = () => Promise.all(siblings.map((sibling) => sibling.hear()))

  async function tellAll(command: SiblingCommand): Promise<readonly (SiblingReport | null)[]> {
    for (const sibling of siblings) sibling.tell(command)
    return hearAll()
  }

  await hearAll()
  const { clientSecret, refreshToken } = fake.credentials
  const opening = place.opening('direct')
  await tellAll({ do: 'open', opening, baseUrl: listener.url, clientSecret, refreshToken, now: clock.time })

  return {
    fake,
    /** Lets time pass for all at once; each then has some callers, and waits for the token of this generation. */
    async live(pass: number, callers: number, generation: number) {
      await clock.advance(pass)
      return tellAll({ do: 'live', pass, callers, generation })
    },
    /** Lets them end by themselves; gives their exit codes. */
    async dismiss() {
      for (const sibling of siblings) sibling.dismiss()
      return Promise.all(siblings.map((sibling) => sibling.end()))
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

const everybody = <T>(value: T): readonly T[] => Array.from({ length: SIBLINGS }, () => value)
const wellAt = (generation: number) => everybody({ said: 'lived', outcomes: ['ok'], state: 'valid', generation })

/** Several hosts live on one grant. */
export function describeSiblings(createPlace: CreateNetworkPlace): void {
  describe('hosts that share a store', () => {
    it(
      `P1 ${SIBLINGS} processes spend a strictly rotating grant once in each of ${LIFETIMES} lifetimes, over restarts of the server, and no caller fails`,
      { timeout: PATIENCE },
      async () => {
        await using place = await createPlace({ ownServer: true })
        await using family = await createFamily(place)
        const { fake } = family
        for (let generation = 1; generation <= LIFETIMES; generation += 1) {
          // Most tokens are renewed ahead of their expiry. The first is not there yet, and some are slept through.
          const ahead = generation % 5 === 0 ? PAST_EXPIRY : REFRESH_DUE
          if (generation === 5 || generation === 9) await place.restart()
          expect(await family.live(generation === 1 ? 0 : ahead, 2, generation)).toEqual(wellAt(generation))
          expect(fake.tokenRequests).toBe(generation)
        }
        expect(fake.failedLogins).toBe(0)
        expect([...fake.spent.values()]).toEqual(
          Array.from({ length: LIFETIMES }, () => ({ sent: 1, open: 0, peakOpen: 1 })),
        )
        await using store = await openStore(place.opening('direct'))
        expect(await store.read(KEY)).toMatchObject({
          value: { generation: LIFETIMES, credentials: { refreshToken: fake.currentRefreshToken() }, journal: null },
        })
        expect(await family.dismiss()).toEqual(everybody(0))
        expect(await place.leftovers()).toEqual([])
      },
    )
  })
}
