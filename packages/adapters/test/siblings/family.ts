import { fakeTastytrade, VirtualClock, type FakeTastytrade } from '@evergrant/testing'
import { startChild, type Child } from '../processes/child.ts'
import type { Life } from './bot.ts'
import type { SiblingCommand, SiblingReport } from './sibling-command.ts'

export interface FamilyOptions {
  /** Calls `runSibling`. */
  readonly program: string
  /** How each of them opens the store that they share. Plain data. */
  readonly opening: unknown
  readonly siblings: number
}

type Said = readonly (SiblingReport | null)[]

/** Processes on one store, over a server that rotates strictly; their time and the server's are one. */
export interface Family extends AsyncDisposable {
  readonly fake: FakeTastytrade
  /** Lets time pass for all at once; each then has some callers, and waits for the token of this generation. */
  live(life: Life): Promise<Said>
  /** What they all say who came through with this token. */
  allWellAt(generation: number): Said
  /** Lets them end by themselves; gives how each ended, best 0. */
  dismiss(): Promise<readonly (number | NodeJS.Signals)[]>
}

export async function createFamily(options: FamilyOptions): Promise<Family> {
  const { program, opening } = options
  const resources = new AsyncDisposableStack()
  const clock = new VirtualClock()
  const fake = fakeTastytrade({ rotation: 'strict', clock: clock.server })
  const listener = resources.use(await fake.listen())
  const siblings = Array.from({ length: options.siblings }, (_, n) => {
    const child: Child<SiblingCommand, SiblingReport> = startChild(program, `sibling ${n + 1}`)
    resources.defer(async () => {
      child.kill()
      await child.end()
    })
    return child
  })
  const hearAll = () => Promise.all(siblings.map((sibling) => sibling.hear()))

  async function tellAll(command: SiblingCommand): Promise<Said> {
    for (const sibling of siblings) sibling.tell(command)
    return hearAll()
  }

  await hearAll()
  const { clientSecret, refreshToken } = fake.credentials
  await tellAll({ do: 'open', opening, now: clock.time, baseUrl: listener.url, clientSecret, refreshToken })

  return {
    fake,
    async live(life) {
      await clock.advance(life.pass)
      return tellAll({ do: 'live', ...life })
    },
    allWellAt: (generation) => siblings.map(() => ({ said: 'lived', outcomes: ['ok'], state: 'valid', generation })),
    async dismiss() {
      for (const sibling of siblings) sibling.dismiss()
      return Promise.all(siblings.map((sibling) => sibling.end()))
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
