import { isTokenRequestFailed, type TokenRequestFailure } from '@evergrant/core'
import { withTimeLimit } from '../time/time-limit.ts'
import type { KeeperSettings } from './options.ts'

/** The addresses of one keeper. */
export interface Replicas {
  /** Asks the one that answered last, then the others in their order. Rejects as the last that was asked did. */
  inTurn<T>(signal: AbortSignal, ask: (url: string, signal: AbortSignal) => Promise<T>): Promise<T>
}

/** Troubles of a replica alone; of anything else the next would say the same. */
const OF_ITS_OWN: ReadonlySet<string> = new Set(['draining', 'store-unavailable', 'internal'])

export function createReplicas({ urls, replicaTimeout: ms, clock }: KeeperSettings): Replicas {
  let first = 0

  return {
    async inTurn(signal, ask) {
      const start = first
      for (let turn = 0; ; turn += 1) {
        const place = (start + turn) % urls.length
        const url = urls[place] ?? urls[0]
        const last = turn === urls.length - 1
        try {
          const answer = await (last
            ? ask(url, signal)
            : withTimeLimit({ clock, ms, signal }, (bound) => ask(url, bound)))
          first = place
          return answer
        } catch (error) {
          signal.throwIfAborted()
          if (last || !isTokenRequestFailed(error) || !isItsOwn(error.details.failure)) throw error
        }
      }
    },
  }
}

function isItsOwn({ kind, oauthCode }: TokenRequestFailure): boolean {
  if (kind === 'server') return oauthCode === undefined || OF_ITS_OWN.has(oauthCode)
  return kind === 'network' || kind === 'timeout' || kind === 'malformed'
}
