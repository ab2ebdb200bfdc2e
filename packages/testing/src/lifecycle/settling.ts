import type { Scene } from './scene.ts'

/** More than the chains of promises of one step need; where they end is looked at after each turn. */
const LOOKS = 5

/** Lets a step come to its end, as far as that needs no time: until the condition holds, or nothing goes on any more. */
export async function settle({ clock, realIo }: Scene, isOver: () => boolean): Promise<void> {
  await clock.settle()
  if (realIo) {
    // What is not so after a while is told by the checks that follow.
    await clock.settleUntil(isOver).catch(() => undefined)
    return
  }
  for (let look = 0; look < LOOKS && !isOver(); look += 1) await clock.settle()
}

/** Whether all that a session does now is to wait: for the server, for a time or for somebody. */
export function isAtRest({ session, server, clock, exchanges }: Scene): boolean {
  const { state, retryAt } = session.getSnapshot()
  if (server.waitingRequests > 0 || server.waitingProbes > 0) return true
  const asks = state === 'refreshing' || (state === 'expiring' && retryAt === null)
  const probes = state === 'blocked' && retryAt !== null && retryAt <= clock.time
  return !asks && !probes && exchanges === 0
}
