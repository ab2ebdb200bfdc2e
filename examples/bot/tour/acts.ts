import { LIFETIME, RETRY_AFTER } from './pace.ts'
import type { Stage } from './stage.ts'

/** One thing that happens to a bot, and what is to be seen. */
export interface Act {
  readonly title: string
  readonly story: string
  readonly play: (stage: Stage) => Promise<void>
}

/** Ms after which a token is old enough that the floor between two token requests is past. */
const SETTLED = LIFETIME * 1_000 * 0.3

const ordinary: Act = {
  title: 'Three ordinary lifetimes',
  story: 'With a third of its life left, a token is renewed in the background. No request waits.',
  async play(stage) {
    stage.doing = 'the first token'
    await stage.until('a token', ({ usable }) => usable)
    const end = stage.note('ordinary')
    for (const renewal of [1, 2, 3]) {
      stage.doing = `renewal ${renewal} of 3 comes by itself`
      await stage.nextToken()
    }
    end()
  },
}

const invalidatedEarly: Act = {
  title: 'A token that the server forgets before its time',
  story: 'A round of requests is refused. That costs one token request, and each goes out once more.',
  async play(stage) {
    stage.doing = 'the token comes of age'
    await stage.pause(SETTLED)
    const end = stage.note('invalidated')
    stage.doing = 'the server has just forgotten the token'
    await stage.invalidateTokens()
    await stage.nextToken()
    await stage.pause(500)
    end()
  },
}

const rateLimited: Act = {
  title: '429 with Retry-After',
  story: `The token request is turned away for ${RETRY_AFTER} s. The token in hand serves on, so nobody notices.`,
  async play(stage) {
    const end = stage.note('rate-limited')
    stage.tell(`the next token request will get 429 with Retry-After: ${RETRY_AFTER}`)
    stage.fake.fail('too-many-requests', { retryAfter: RETRY_AFTER })
    stage.doing = 'the next renewal will meet a 429'
    await stage.until('a 429', ({ attempts }) => attempts > 0)
    stage.doing = 'the server asked for patience'
    await stage.nextToken()
    end()
  },
}

const unavailable: Act = {
  title: 'A burst of 503, longer than the token lives',
  story: 'The session backs off and tries again. Requests wait for the next token; none of them fails.',
  async play(stage) {
    const end = stage.note('unavailable')
    stage.tell('from now on every token request gets 503')
    using trouble = stage.fake.fail('server-error', { status: 503, times: Infinity })
    stage.doing = 'the next renewal will meet nothing but 503'
    await stage.until('a 503', ({ attempts }) => attempts > 0)
    stage.doing = 'the server has trouble, and the token serves on'
    await stage.until('the end of the token', ({ state }) => state === 'backoff')
    stage.doing = 'the token has died: requests wait for the next one'
    await stage.pause(600)
    stage.tell('the server is well again')
    trouble[Symbol.dispose]()
    stage.doing = 'the next try will do'
    await stage.nextToken()
    end()
  },
}

const restart: Act = {
  title: 'A restart of the bot',
  story: 'The new bot finds the token in the file and goes on with it. No token request is made.',
  async play(stage) {
    stage.doing = 'the bot is about to be restarted'
    await stage.pause(500)
    const end = stage.note('restart')
    await stage.restart()
    await stage.until('the stored token', ({ usable }) => usable)
    stage.doing = 'the bot goes on where it was'
    await stage.pause(800)
    end()
  },
}

const addressBlock: Act = {
  title: 'An address block',
  story: 'For hours, here seconds, the server drops everything. Probes go out without credentials.',
  async play(stage) {
    const endSilent = stage.note('silent')
    stage.tell('from now on the server drops all that this address sends')
    stage.fake.block()
    stage.doing = 'nothing is answered; the session has yet to find out'
    await stage.until('the state blocked', ({ state }) => state === 'blocked')
    const endBlocked = stage.note('blocked')
    const { retryAt } = stage.status
    stage.doing = 'blocked: a probe is sent after the first quarter of an hour, here 0.9 s'
    await stage.until('a probe', (status) => status.state === 'blocked' && status.retryAt !== retryAt)
    stage.doing = 'blocked: the bot is restarted, and must remember it'
    await stage.restart()
    await stage.until('the state blocked again', ({ state }) => state === 'blocked')
    stage.tell('the server answers again, and nobody knows')
    stage.fake.unblock()
    stage.doing = 'the block is over; the next probe will find out'
    await stage.until('the end of the block', ({ state }) => state !== 'blocked')
    endBlocked()
    await stage.until('a token', ({ usable }) => usable)
    endSilent()
  },
}

const revokedGrant: Act = {
  title: 'A revoked grant',
  story: 'One refusal is enough. Then silence, over restarts too, until the file has new credentials.',
  async play(stage) {
    stage.doing = 'the token comes of age'
    await stage.pause(SETTLED)
    const endRevoked = stage.note('revoked')
    stage.revokeGrant()
    await stage.until('the state revoked', ({ state }) => state === 'revoked')
    const endDead = stage.note('dead')
    stage.doing = 'revoked: the bot goes on asking, and no token request leaves'
    await stage.pause(2_000)
    for (const again of [1, 2, 3]) {
      stage.doing = `revoked: restart ${again} of 3, and still no token request`
      await stage.restart()
      await stage.until('the state revoked', ({ state }) => state === 'revoked')
      await stage.pause(600)
    }
    endDead()
    stage.doing = 'somebody has put new credentials into the file'
    await stage.bringNewCredentials()
    await stage.until('a token', ({ usable }) => usable)
    await stage.pause(500)
    endRevoked()
    stage.doing = 'the bot has recovered by itself'
    await stage.pause(1_000)
  },
}

/** The tour, in order. */
export const ACTS: readonly Act[] = [
  ordinary,
  invalidatedEarly,
  rateLimited,
  unavailable,
  restart,
  addressBlock,
  revokedGrant,
]
