import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { fakeTastytrade, VirtualClock } from '@evergrant/testing'
import { expect, it } from 'vitest'
import { startChild, type Child } from './child.ts'
import type { SiblingCommand, SiblingReport } from './fixtures/sibling-command.ts'
import { bundleProgram } from './program.ts'
import { scratchFolder } from './scratch-folder.ts'

const SIBLINGS = 8
/** A lifetime is the life of one access token, from its issue to that of the next. */
const LIFETIMES = 100
const MINUTE = 60_000
/** Tokens live for 15 minutes: by the tenth, all siblings have a refresh due. */
const REFRESH_DUE = 10 * MINUTE
const PAST_EXPIRY = 16 * MINUTE
const PATIENCE = 240_000

type Sibling = Child<SiblingCommand, SiblingReport>

/** Eight processes on one file, over a server that rotates strictly; their time and the server's are one. */
async function createFamily() {
  const resources = new AsyncDisposableStack()
  const folder = resources.use(scratchFolder())
  const program = await bundleProgram('sibling', folder.path)
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ rotation: 'strict', clock: clock.server })
  const listener = resources.use(await fake.listen())
  const file = join(folder.path, 'shared', '.secrets')
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
  await tellAll({ do: 'open', baseUrl: listener.url, file, clientSecret, refreshToken, now: clock.time })

  return {
    fake,
    file,
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

it(
  'P1 eight processes on one file spend a strictly rotating grant once in each of 100 lifetimes, and no caller fails',
  { timeout: PATIENCE },
  async () => {
    await using family = await createFamily()
    const { fake, file } = family
    for (let generation = 1; generation <= LIFETIMES; generation += 1) {
      // Most tokens are renewed ahead of their expiry. The first is not there yet, and every tenth is slept through.
      const ahead = generation % 10 === 0 ? PAST_EXPIRY : REFRESH_DUE
      expect(await family.live(generation === 1 ? 0 : ahead, 2, generation)).toEqual(wellAt(generation))
      expect(fake.tokenRequests).toBe(generation)
    }
    expect(fake.failedLogins).toBe(0)
    expect([...fake.spent.values()]).toEqual(
      Array.from({ length: LIFETIMES }, () => ({ sent: 1, open: 0, peakOpen: 1 })),
    )
    expect(await fileStore(file).read('grant/default')).toMatchObject({
      value: { generation: LIFETIMES, credentials: { refreshToken: fake.currentRefreshToken() }, journal: null },
    })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await family.dismiss()).toEqual(everybody(0))
    expect(readdirSync(dirname(file))).toEqual([basename(file)])
  },
)

it(
  'P1 a thousand callers in eight processes on one file spend the grant once, also when all are refused at once',
  { timeout: PATIENCE },
  async () => {
    await using family = await createFamily()
    const { fake } = family
    const callers = 1_000 / SIBLINGS
    expect(await family.live(0, callers, 1)).toEqual(wellAt(1))
    expect(fake.tokenRequests).toBe(1)

    fake.invalidateAccessTokens()
    expect(await family.live(0, callers, 2)).toEqual(wellAt(2))
    expect(fake.tokenRequests).toBe(2)
    expect(fake.failedLogins).toBe(0)
    expect(await family.dismiss()).toEqual(everybody(0))
  },
)
