import type { AccessToken } from '@evergrant/core'

/** Callers that asked a session for a token. */
export interface FollowedCallers {
  /** How many have heard nothing yet. */
  readonly waiting: number
  follow(asked: Promise<AccessToken>): void
  /** The same for a call of the API, which needs a token on its way. */
  followCall(called: Promise<unknown>): void
}

/** `judge` hears of each token at the moment at which a caller gets it. */
export function followCallers(judge: (token: AccessToken, by: string) => void): FollowedCallers {
  let waiting = 0
  const leave = (): void => void (waiting -= 1)
  return {
    get waiting() {
      return waiting
    },
    follow(asked) {
      waiting += 1
      asked.then((token) => judge(token, 'a call')).then(leave, leave)
    },
    followCall(called) {
      waiting += 1
      called.then(leave, leave)
    },
  }
}
