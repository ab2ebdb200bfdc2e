import { fingerprint, type Clock } from '@evergrant/core'
import type { KeeperQuestion, KeeperToken } from './ask-keeper.ts'

/** What the keeper gave last, so that the next question can be for something newer. */
export interface HeldTokens {
  /**
   * What to ask for. With a living token in hand, one that lives longer: a keeper may serve its present token for minutes
   * yet, and a session that got the same one again would take that for a server without progress (P13).
   */
  question(mark: string, refused: string | undefined): KeeperQuestion
  /** `mark` tells accounts and keys apart. */
  keep(mark: string, answer: KeeperToken): void
}

interface Held {
  readonly generation: number
  readonly fingerprint: string
  /** On the clock's monotonic line. */
  readonly diesAt: number
}

export function createHeldTokens(clock: Clock): HeldTokens {
  const held = new Map<string, Held>()
  /** Seconds: no token is known to live longer than the longest so far, and to ask for more is refused. */
  let longest = 0

  return {
    question(mark, refused) {
      const token = held.get(mark)
      if (token === undefined) return {}
      if (token.fingerprint === refused) return { rejected: token.generation }
      const left = Math.floor((token.diesAt - clock.monotonic()) / 1000)
      return left >= 0 && left + 1 < longest ? { minTtl: left + 1 } : {}
    },
    keep(mark, { response, generation }) {
      const { accessToken, expiresIn = 0 } = response
      longest = Math.max(longest, expiresIn)
      const diesAt = clock.monotonic() + expiresIn * 1000
      held.set(mark, { generation, fingerprint: fingerprint(accessToken), diesAt })
    },
  }
}
