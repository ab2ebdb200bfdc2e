import { envCredentials } from '@evergrant/adapters/env'
import { fileStore } from '@evergrant/adapters/file'
import { createTastytrade, type TastytradeClient } from '@evergrant/adapters/tastytrade'
import { runBot, type BotEvent } from '../bot.ts'
import { jitter, PACE, PATIENCE, ROUND } from './pace.ts'
import type { Traffic } from './traffic.ts'

/** What survives a bot, and who looks on. */
export interface BotPlace {
  readonly url: string
  /** In the form of `.env`. */
  readonly credentialFile: string
  readonly tokenFile: string
  readonly traffic: Traffic
  readonly report: (event: BotEvent) => void
  /** Told what ended the bot, if anything does. */
  readonly onCrash: (error: unknown) => void
}

/** One bot from its start to its end. */
export interface BotLife {
  readonly client: TastytradeClient
  stop(): Promise<void>
}

export function startBot({ url, credentialFile, tokenFile, traffic, report, onCrash }: BotPlace): BotLife {
  const stop = new AbortController()
  const client = createTastytrade({
    baseUrl: url,
    // The file alone: whatever the environment of this machine holds is none of the tour's business.
    credentials: envCredentials({ file: credentialFile, environment: {} }),
    store: fileStore(tokenFile),
    policy: PACE,
    random: jitter,
    userAgent: 'tour-bot/1.0',
  })
  const api = traffic.watch(client, stop.signal)
  const { session } = client
  const running = runBot({ api, session, signal: stop.signal, every: ROUND, timeout: PATIENCE, report })
  running.catch(onCrash)
  return {
    client,
    async stop() {
      stop.abort()
      await running
      await client[Symbol.asyncDispose]()
    },
  }
}
