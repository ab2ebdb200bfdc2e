import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { SessionStatus } from '@evergrant/core'
import { fakeTastytrade, type FakeTastytrade } from '@evergrant/testing'
import type { BotEvent } from '../bot.ts'
import { startBot } from './bot-life.ts'
import { writeCredentials } from './credential-file.ts'
import type { Evidence, SpanName } from './evidence.ts'
import { createNotebook } from './notebook.ts'
import { ACCOUNTS, LIFETIME, SERVER_AHEAD } from './pace.ts'
import { createTraffic, type Traffic } from './traffic.ts'

/** A fake tastytrade, a folder with two files, and a bot that lives off them. */
export interface Stage extends AsyncDisposable {
  readonly url: string
  readonly fake: FakeTastytrade
  readonly status: SessionStatus
  /** How many requests the bot has made, how many failed, and how many are under way. */
  readonly tally: Traffic['tally']
  /** What is being waited for, in words. */
  doing: string
  /** Tells what somebody else than the bot does. */
  tell(text: string): void
  /** Begins to note something; call the result when it is over. */
  note(name: SpanName): () => void
  pause(ms: number): Promise<void>
  /** Waits until the status is so; rejects if it does not come to that in half a minute. */
  until(what: string, holds: (status: SessionStatus) => boolean): Promise<void>
  /** Waits for a token newer than the present one. */
  nextToken(): Promise<void>
  /** Ends the bot and starts it anew on the same files. */
  restart(): Promise<void>
  /** The server takes back every token that it has issued; between two rounds, so that a whole round is refused. */
  invalidateTokens(): Promise<void>
  /** The server ends the grant and its tokens. */
  revokeGrant(): void
  /** Somebody makes a new grant and puts it into the file. */
  bringNewCredentials(): Promise<void>
  /** Everything seen so far; `printed` is what the tour itself has shown. */
  evidence(printed: string): Evidence
  /** Ordinary life, of which nothing is kept; rejects with the reason of the signal. */
  linger(): Promise<never>
}

export interface StageListeners {
  readonly report: (event: BotEvent) => void
  readonly tell: (text: string) => void
}

/** Ms to wait at most for what an act is to bring about. */
const LONGEST_WAIT = 30_000
const MINUTE = 60_000

/** Opens the stage and starts the bot. `signal` ends every wait; disposal leaves nothing behind. */
export async function openStage(signal: AbortSignal, { report, tell }: StageListeners): Promise<Stage> {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(await mkdtempDisposable(join(tmpdir(), 'evergrant-tour-')))
  const credentialFile = join(folder.path, 'credentials.env')
  const tokenFile = join(folder.path, 'tokens.json')

  const fake = fakeTastytrade({
    lifetime: LIFETIME,
    clock: { now: () => Date.now() + SERVER_AHEAD },
    // As the real one, it punishes those who go on failing.
    blockAfter: 4,
  })
  const listener = opening.use(await fake.listen())
  const traffic = createTraffic()
  const notebook = createNotebook(fake, traffic)
  const crash = new AbortController()
  const ended = AbortSignal.any([signal, crash.signal])

  async function grantToFile(): Promise<string> {
    const grant = fake.createGrant({ accounts: ACCOUNTS })
    notebook.noteSecrets(grant)
    await writeCredentials(credentialFile, grant)
    return grant.refreshToken
  }

  function start() {
    const onCrash = (error: unknown): void => crash.abort(error)
    const started = startBot({ url: listener.url, credentialFile, tokenFile, traffic, report, onCrash })
    notebook.follow(started.client.session)
    return started
  }

  let refreshToken = await grantToFile()
  let bot = start()
  opening.defer(() => bot.stop())
  const everything = opening.move()

  const stage: Stage = {
    url: listener.url,
    fake,
    get status() {
      return bot.client.session.getSnapshot()
    },
    tally: traffic.tally,
    doing: '',
    tell,
    note: notebook.note,
    pause: (ms) => pause(ms, undefined, { signal: ended }),
    async until(what, holds) {
      if (holds(stage.status)) return ended.throwIfAborted()
      const over = new AbortController()
      const come = new Promise<void>((resolve) => {
        const leave = bot.client.session.subscribe((status) => {
          if (holds(status)) resolve()
        })
        over.signal.addEventListener('abort', leave)
      })
      try {
        await Promise.race([come, tooLong(what, AbortSignal.any([ended, over.signal]))])
      } finally {
        over.abort()
      }
    },
    async nextToken() {
      const { generation } = stage.status
      await stage.until('a new token', (status) => status.state === 'valid' && status.generation > generation)
    },
    async restart() {
      tell('the bot is stopped, and started anew on the same files')
      await bot.stop()
      notebook.noteRestart()
      bot = start()
    },
    async invalidateTokens() {
      while (traffic.tally.open > 0) await stage.pause(5)
      tell('the server forgets every token that it has given out')
      fake.invalidateAccessTokens()
    },
    revokeGrant() {
      tell('somebody deletes the grant at the server')
      fake.revokeGrant(refreshToken, { accessTokens: true })
    },
    async bringNewCredentials() {
      tell('somebody makes a new grant, and puts it into the file')
      refreshToken = await grantToFile()
    },
    evidence(printed) {
      const client = inspect(bot.client, { depth: 8, showHidden: true })
      return notebook.evidence([printed, client, ...traffic.failuresShown].join('\n'))
    },
    async linger() {
      for (;;) {
        await stage.pause(MINUTE)
        fake.resetLog()
        traffic.forget()
      }
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
  return stage
}

async function tooLong(what: string, signal: AbortSignal): Promise<never> {
  await pause(LONGEST_WAIT, undefined, { signal })
  throw new Error(`In ${LONGEST_WAIT / 1_000} s it did not come to this: ${what}`)
}
