import type { SessionState } from '@evergrant/core'
import type { BotName } from './bot.ts'

/** What is seen in the lab, as plain values without secrets. All times are true epoch ms. */

/** The life of a token in the hands of one bot. */
export interface TokenLife {
  readonly bot: BotName
  readonly generation: number
  readonly from: number
  /** When it dies, if nothing happens. */
  readonly until: number
  /** When the bot stopped using it, and why; `null` while it is in use. */
  readonly end: { readonly at: number; readonly how: TokenEnd } | null
}

export type TokenEnd = 'refreshed' | 'rejected' | 'expired' | 'dropped'

export type RequestTone = 'good' | 'refused' | 'trouble' | 'silent'

/** One request that came in at the server. */
export interface RequestSeen {
  readonly at: number
  readonly kind: 'token' | 'api' | 'probe'
  readonly tone: RequestTone
  /** What became of it: `granted`, `429`, `no answer`. */
  readonly what: string
}

/** A request of a bot that failed, or had to wait. */
export interface Trouble {
  readonly at: number
  readonly bot: BotName
  readonly failure: string | null
  /** Ms that it waited for a token. */
  readonly waited: number
}

/** Something that the person at the switches did. */
export interface Deed {
  readonly at: number
  readonly what: string
}

export interface Step {
  readonly id: number
  readonly at: number
  readonly bot: BotName
  readonly from: SessionState
  readonly to: SessionState
}

export interface LogLine {
  readonly id: number
  readonly at: number
  /** A bot, or the person at the switches. */
  readonly who: BotName | 'you'
  readonly text: string
  readonly state: SessionState | null
}

/** Since the lab was opened. */
export interface Counters {
  readonly tokenRequests: number
  /** Of these, the ones that the server counts as a failed login. */
  readonly failedLogins: number
  readonly requests: number
  readonly failures: number
  /** Requests that had to wait for a token. */
  readonly waits: number
  /** Requests that went out a second time. */
  readonly replays: number
  readonly probes: number
  /** Token requests that were granted. */
  readonly granted: number
}
