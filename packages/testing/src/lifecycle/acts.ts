import { accessToken } from '@evergrant/core'
import { isAnswer, type Move } from './moves.ts'
import { LIFECYCLE_POLICY } from './policy.ts'
import type { Scene } from './scene.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const DAY = 24 * HOUR

/** One that the session never had, for when it has had no other. */
const UNKNOWN_TOKEN = accessToken({ value: 'unknown', generation: 0, issuedAt: 0, expiresAt: 0 })

type Act = (scene: Scene) => void | Promise<void>

/** How each move of the model is made in the world of a session; answers are told to the server by their names. */
const ACTS: Readonly<Partial<Record<Move, Act>>> = {
  TIME_OUT: ({ clock }) => clock.advance(LIFECYCLE_POLICY.requestTimeout),
  PROBE_ANSWERED: ({ server }) => server.answerProbe(),
  PROBE_SILENT: ({ clock }) => clock.advance(LIFECYCLE_POLICY.requestTimeout),

  REFRESH_DUE: (scene) => comeTo(scene, 'refreshAt'),
  RETRY_DUE: (scene) => comeTo(scene, 'retryAt'),
  PROBE_DUE: (scene) => comeTo(scene, 'retryAt'),
  EXPIRY: (scene) => comeTo(scene, 'expiresAt'),
  MOMENT: ({ clock }) => clock.advance(6 * SECOND),
  SLEEP: ({ clock }) => clock.sleep(DAY),
  OVERSLEEP: (scene) => scene.clock.sleep(timeUntil(scene, 'expiresAt') - 5 * SECOND),
  BLOCK_ENDS({ clock, session }) {
    const { loginBudgetWindow, blockDuration } = LIFECYCLE_POLICY
    // Long enough for every failed login to be forgotten, not only for one.
    clock.sleep(session.getSnapshot().reason === 'login-budget-spent' ? 2 * loginBudgetWindow : blockDuration)
  },
  SET_BACK: ({ clock }) => clock.setBack(2 * HOUR),
  SET_FORWARD: ({ clock }) => clock.setForward(2 * HOUR),

  SIBLING_FETCHED: (scene) => fetchBySibling(scene),
  SIBLING_SIGNED_OUT: ({ withSibling }) => withSibling((sibling) => sibling.signOut()),
  SIBLING_SET_CREDENTIALS: ({ withSibling, server }) =>
    withSibling((sibling) => sibling.setCredentials(server.issueCredentials())),

  ASK({ callers, session, call }) {
    if (call === null) callers.follow(session.getToken())
    else callers.followCall(call())
  },
  REFRESH: ({ callers, session }) => callers.follow(session.refresh()),
  FORCE: ({ callers, session }) => callers.follow(session.refresh({ force: true })),
  NEW_CREDENTIALS: ({ session, server }) => session.setCredentials(server.issueCredentials()),
  SIGN_OUT: ({ session }) => session.signOut(),

  REFUSED({ session, server, callers, call, refused }) {
    const token = session.peekToken()
    if (token === null) throw new Error('There is no token that could be refused')
    refused.add(token.generation)
    server.refuseTokens()
    if (call === null) session.reportRejected(token)
    else callers.followCall(call())
  },
  LATE_401({ session, tokens }) {
    const present = session.peekToken()
    session.reportRejected(tokens.findLast(({ generation }) => generation !== present?.generation) ?? UNKNOWN_TOKEN)
  },
  ABORT({ callers, session }) {
    const leaver = new AbortController()
    callers.follow(session.getToken({ signal: leaver.signal }))
    leaver.abort(new Error('Not any more'))
  },
}

export async function perform(move: Move, scene: Scene): Promise<void> {
  if (isAnswer(move)) scene.server.answer(move)
  else await ACTS[move]?.(scene)
}

type StatusTime = 'refreshAt' | 'retryAt' | 'expiresAt'

function timeUntil({ session, clock }: Scene, when: StatusTime): number {
  const at = session.getSnapshot()[when]
  if (at === null) throw new Error(`The session says nothing of its ${when}`)
  return Math.max(0, at - clock.time)
}

export async function comeTo(scene: Scene, when: StatusTime): Promise<void> {
  await scene.clock.advance(timeUntil(scene, when))
}

/** It insists, since it would adopt the stored token otherwise, or heed a wait; then its request is granted. */
async function fetchBySibling(scene: Scene): Promise<void> {
  const { withSibling, server, clock } = scene
  await withSibling(async (sibling) => {
    const asked = server.arrived.length
    const isAsked = () => server.arrived.length > asked
    await clock.settle()
    for (let tries = 0; tries < 2 && !isAsked(); tries += 1) {
      let ended = false
      const end = (): void => void (ended = true)
      sibling.refresh({ force: true }).then(end, end)
      await clock.settleUntil(() => isAsked() || ended)
    }
    server.answer('GRANT')
    await clock.settleUntil(() => sibling.getSnapshot().state === 'valid')
    scene.fetchedBySibling = sibling.getSnapshot().generation
  })
}
