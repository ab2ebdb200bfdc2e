import { isEvergrantError, type TokenSession } from '@evergrant/core'
import type { FaultHandle } from '@evergrant/testing'
import type { Lab } from './lab.ts'

/** Something that a person can do to the world, and what should come of it. */
export interface Switch {
  readonly name: string
  /** The promises of which it makes a trial. */
  readonly promises: readonly string[]
  /** What should happen then, in one line. */
  readonly expected: string
  /** Whether the world is broken so at present; left out where there is nothing to switch off. */
  readonly isOn?: () => boolean
  /** Does it, or ends it. */
  readonly flip: () => void
}

export interface SwitchGroup {
  readonly title: string
  readonly switches: readonly Switch[]
}

const HOUR = 3_600_000
const RETRY_AFTER = 120

/** The switches of one lab. */
export function createSwitches(lab: Lab): readonly SwitchGroup[] {
  const { fake, clock } = lab

  /** A fault that token requests meet until it is switched off. */
  function lasting(name: string, begin: () => FaultHandle): Pick<Switch, 'isOn' | 'flip'> {
    let fault: FaultHandle | null = null
    return {
      // The fault is gone too when all is put right.
      isOn: () => fault !== null && fault.remaining > 0,
      flip() {
        if (fault !== null && fault.remaining > 0) {
          fault[Symbol.dispose]()
          fault = null
          lab.note(`${name}: over`)
        } else {
          fault = begin()
          lab.note(name)
        }
      },
    }
  }

  const grant: SwitchGroup = {
    title: 'The grant',
    switches: [
      {
        name: 'Revoke the grant',
        promises: ['P2', 'P3'],
        expected: 'One refusal, then silence until new credentials come.',
        flip() {
          lab.note('the grant is revoked, and its tokens with it')
          lab.revokeGrant()
        },
      },
      {
        name: 'Take the token back early',
        promises: ['P10'],
        expected: 'One token request; the call goes out again, and nobody sees a failure.',
        flip() {
          lab.note('the server forgets the tokens it has issued')
          fake.invalidateAccessTokens()
        },
      },
      {
        name: 'Lose the next answer',
        promises: ['P7'],
        expected: 'Tried once more. Fatal only with strict rotation: rotation-lost.',
        flip() {
          lab.note('the next token will be granted, and lost on its way')
          fake.fail('lost-answer')
        },
      },
    ],
  }

  const server: SwitchGroup = {
    title: 'The server',
    switches: [
      {
        name: 'Block the address',
        promises: ['P4'],
        expected: 'Six silences, then only probes leave, without credentials.',
        isOn: () => fake.blocked,
        flip() {
          lab.note(
            fake.blocked ? 'the block is lifted, and nobody is told' : 'the server drops all that comes from here',
          )
          if (fake.blocked) fake.unblock()
          else fake.block()
        },
      },
      {
        name: 'Answer 429',
        promises: ['P9'],
        expected: 'Each 429 costs one request, then the wait that it asks for.',
        ...lasting(`token requests get 429, Retry-After ${RETRY_AFTER} s`, () =>
          fake.fail('too-many-requests', { times: Infinity, retryAfter: RETRY_AFTER }),
        ),
      },
      {
        name: 'Answer 503',
        promises: ['P9', 'P6'],
        expected: 'Backs off, condemns nothing, and serves while the token lives.',
        ...lasting('token requests get 503', () => fake.fail('server-error', { times: Infinity, status: 503 })),
      },
      {
        name: 'Say nothing',
        promises: ['P12'],
        expected: 'Each attempt is given up after 15 s; every caller is told in time.',
        ...lasting('token requests are never answered', () => fake.fail('never-answers', { times: Infinity })),
      },
    ],
  }

  const time: SwitchGroup = {
    title: 'The computer',
    switches: [
      {
        name: 'Set the clock two hours fast',
        promises: ['P15'],
        expected: 'Nothing changes: expiry counts on a clock that nobody sets.',
        isOn: () => clock.skew !== 0,
        flip() {
          const isFast = clock.skew !== 0
          lab.note(isFast ? 'the clock of the machine is right again' : 'the clock of the machine is two hours fast')
          if (isFast) clock.setBack(clock.skew)
          else clock.setForward(2 * HOUR)
        },
      },
      {
        name: 'Sleep for three hours',
        promises: ['P5'],
        expected: 'The dead token is given to nobody; the next call waits for a new one.',
        flip() {
          lab.note('the machine slept for three hours')
          clock.sleep(3 * HOUR)
        },
      },
    ],
  }

  const processes: SwitchGroup = {
    title: 'Processes',
    switches: [
      {
        name: 'Kill the bot',
        promises: ['P7'],
        expected: 'Started again, it goes on with the stored token: no request.',
        isOn: () => lab.bot('A') === undefined,
        flip() {
          const isDead = lab.bot('A') === undefined
          lab.note(isDead ? 'bot A is started again' : 'bot A is killed')
          if (isDead) lab.start('A')
          else lab.kill('A')
        },
      },
      {
        name: 'A second bot on the same store',
        promises: ['P1'],
        expected: 'Still one token request in a lifetime, for both.',
        isOn: () => lab.bot('B') !== undefined,
        flip() {
          const isThere = lab.bot('B') !== undefined
          lab.note(isThere ? 'bot B is killed' : 'bot B is started on the same store')
          if (isThere) lab.kill('B')
          else lab.start('B')
        },
      },
    ],
  }

  const person: SwitchGroup = {
    title: 'A person',
    switches: [
      {
        name: 'Ask for a new token',
        promises: ['P6', 'P13'],
        expected: 'One request in the background, unless a wait is on.',
        flip() {
          lab.note('somebody asks for a new token')
          withSession((session) => session.refresh())
        },
      },
      {
        name: 'Sign out',
        promises: ['P14'],
        expected: 'No token, and no request, until new credentials come.',
        flip() {
          lab.note('somebody signs out')
          withSession((session) => session.signOut())
        },
      },
      {
        name: 'Bring new credentials',
        promises: ['P2'],
        expected: 'A new grant where the bots look: they go on by themselves.',
        flip() {
          lab.note('somebody makes a new grant and leaves it where the bots look')
          lab.bringNewCredentials()
        },
      },
    ],
  }

  function withSession(act: (session: TokenSession) => Promise<unknown>): void {
    const session = (lab.bot('A') ?? lab.bot('B'))?.session
    // What a session refuses is told in its status.
    if (session !== undefined)
      void act(session).catch((error: unknown) => isEvergrantError(error) || reportError(error))
  }

  return [grant, server, time, processes, person]
}

/** Ends every trouble: the server is well, the clock right, the bot alive, and there are credentials that work. */
export function putRight(lab: Lab): void {
  const { fake, clock } = lab
  lab.note('everything is put right again')
  fake.heal()
  fake.unblock()
  if (clock.skew !== 0) clock.setBack(clock.skew)
  if (lab.bot('A') === undefined) lab.start('A')
  const state = lab.bot('A')?.session.getSnapshot().state
  if (state === 'revoked' || state === 'unauthenticated' || lab.isRevoked) lab.bringNewCredentials()
}
