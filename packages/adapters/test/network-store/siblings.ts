import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createFamily } from '../siblings/family.ts'
import { expectToLive } from '../siblings/lifetimes.ts'
import { runFromSource } from './from-source.ts'
import { openStore, type CreateNetworkPlace } from './place.ts'

const SIBLINGS = 3
const LIFETIMES = 15
const RESTARTS: readonly number[] = [5, 9]
const PATIENCE = 240_000
const PROGRAM = fileURLToPath(new URL('fixtures/sibling.ts', import.meta.url))

/** Several hosts live on one grant; each is a process. */
export function describeSiblings(createPlace: CreateNetworkPlace): void {
  describe('hosts that share a store', () => {
    it(
      `P1 ${SIBLINGS} processes spend a strictly rotating grant once in each of ${LIFETIMES} lifetimes, over restarts of the server, and no caller fails`,
      { timeout: PATIENCE },
      async () => {
        runFromSource()
        await using place = await createPlace({ ownServer: true })
        const opening = place.opening('direct')
        await using family = await createFamily({ program: PROGRAM, opening, siblings: SIBLINGS })
        const before = async (generation: number) => {
          if (RESTARTS.includes(generation)) await place.restart()
        }
        const read = async () => {
          await using store = await openStore(opening)
          return await store.read('grant/default')
        }
        await expectToLive(family, { lifetimes: LIFETIMES, sleepEvery: 5, read, before })
        expect(await place.leftovers()).toEqual([])
      },
    )
  })
}
