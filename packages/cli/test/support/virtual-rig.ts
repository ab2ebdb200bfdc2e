import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { createSession, type TokenSession } from '@evergrant/core'
import { fakeTastytrade, VirtualClock, type FakeTastytrade, type FakeTastytradeOptions } from '@evergrant/testing'
import { start, type ConsoleOptions, type Outcome, type Running } from './console.ts'
import { temporaryFolder } from './temporary-folder.ts'

/**
 * The command line and a fake tastytrade on one virtual clock, without a socket between them. Files and programs of the
 * real machine take no time in it, so that only servers can be late.
 */
export interface VirtualRig {
  readonly clock: VirtualClock
  readonly fake: FakeTastytrade
  readonly folder: string
  /** The credentials of the fake. */
  readonly env: Readonly<Record<string, string>>
  readonly start: (argv: readonly string[], options?: Partial<ConsoleOptions>) => Running
  /** One command line, to its end; time moves only while a request is open that time alone can end. */
  readonly run: (argv: readonly string[], options?: Partial<ConsoleOptions>) => Promise<Outcome>
  /** The same for commands that wait between two requests: time moves then too, unless a file is being read. */
  readonly runThrough: (argv: readonly string[], options?: Partial<ConsoleOptions>) => Promise<Outcome>
  /** A bot on the store of the command line, with the credentials of the fake. */
  readonly bot: (account?: string) => TokenSession
}

export function createVirtualRig(options: FakeTastytradeOptions & { readonly skew?: number } = {}): VirtualRig {
  const { skew = 0, ...rest } = options
  const clock = new VirtualClock({ skew })
  const fake = fakeTastytrade({ clock, ...rest })
  const folder = temporaryFolder()
  const { clientSecret, refreshToken } = fake.credentials
  const env = { TASTY_CLIENT_SECRET: clientSecret, TASTY_REFRESH_TOKEN: refreshToken }
  const startHere: VirtualRig['start'] = (argv, more = {}) =>
    start(argv, { cwd: folder, env, clock, fetch: fake.fetch, ...more })

  async function follow({ ended }: Running, waits: () => boolean): Promise<Outcome> {
    let over = false
    void ended.then(() => (over = true))
    const isDue = (): boolean => clock.held > 0 && waits()
    for (;;) {
      await clock.settleUntil(() => over || isDue())
      if (over) return ended
      const arrived = fake.requests.length
      await clock.settle()
      // What still waits by now, time alone can bring on.
      if (isDue() && fake.requests.length === arrived) await clock.advanceToNext()
    }
  }

  return {
    clock,
    fake,
    folder,
    env,
    start: startHere,
    run: (argv, more) => follow(startHere(argv, more), () => fake.openRequests > 0),
    runThrough: (argv, more) => follow(startHere(argv, more), () => fake.openRequests > 0 || !readsFiles()),
    bot: (account = 'default') =>
      createSession({
        provider: tastytrade({ fetch: fake.fetch }),
        account,
        store: fileStore(join(folder, '.secrets'), { clock }),
        clock,
        credentials: { clientSecret, refreshToken },
      }),
  }
}

/** Whether Node is at a file for somebody just now. */
function readsFiles(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))
}
