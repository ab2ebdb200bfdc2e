import { sealCredentials } from '@evergrant/core'
import type { FailurePath } from './failure-paths.ts'
import type { CanaryFinding } from './find-canaries.ts'
import { lifecycleShown } from './lifecycle-shown.ts'
import type { TroubledStore } from './store-troubles.ts'
import { createWitness, type Witness } from './witness.ts'
import { BASE_URL, openWorld, type CanaryPlace, type CanarySubject, type World } from './world.ts'

/** What came of a walk. */
export interface Walk {
  readonly findings: readonly CanaryFinding[]
  /** Names of the calls that went well at some time, and of those that failed. */
  readonly outcomes: Witness['outcomes']
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/**
 * Leads the parts under test through one failure twice, first without a token and then with one in hand, through its
 * mending, sign-out and disposal, and searches all that became visible on the way.
 */
export async function walkFailure<Place extends CanaryPlace>(
  path: FailurePath<Place>,
  subject: CanarySubject<Place>,
): Promise<Walk> {
  const world = await openWorld(subject)
  const { session, canaries, place, wiretap } = world
  const witness = createWitness(session, canaries)
  try {
    for (const round of ['without a token', 'with a token']) {
      const mend = await path.begin(world)
      // No server looks at them, so they may be of the awkward kind.
      if (world.echo !== null) bringCredentials(world, witness)
      for (let count = 0; count < path.answers; count += 1) askProvider(world, witness)
      for (const wait of [MINUTE, 5 * MINUTE]) {
        ask(world, witness, round)
        await pass(world, wait)
      }
      witness.note('what can be seen of the store', await place?.visible?.())
      await mend()
      await recover(world, witness)
    }
    witness.follow('signOut()', () => session.signOut({ revoke: true }))
    await pass(world, MINUTE)
    ask(world, witness, 'when signed out')
    await pass(world, MINUTE)
    witness.follow('dispose()', () => session.dispose())
    await pass(world, MINUTE)
    ask(world, witness, 'when disposed')
    await pass(world, MINUTE)
    witness.note('the requests', wiretap.requests)
    witness.note('what can be seen of the store', await place?.visible?.())
    return { findings: witness.findings(), outcomes: witness.outcomes }
  } finally {
    witness.stop()
    const ended = session.dispose()
    await pass(world, MINUTE)
    await ended
    await place?.dispose?.()
  }
}

/** The provider by itself, without core between it and the caller; with a grant of its own, so as not to spend the session's. */
function askProvider({ provider, newCredentials, clock }: World, witness: Witness): void {
  const { signal, abort } = patience(clock)
  const credentials = sealCredentials(newCredentials())
  // What it gives goes to core alone, and may hold tokens in clear.
  const request = async () => void (await provider.requestToken(credentials, { signal }))
  witness.follow('requestToken() of the provider', () => request().finally(abort))
  if (provider.probe !== undefined) witness.follow('probe() of the provider', async () => provider.probe?.({ signal }))
  if (provider.revoke !== undefined) {
    witness.follow('revoke() of the provider', async () => provider.revoke?.(credentials, { signal }))
  }
}

/** Everything that a program asks for. */
function ask({ session, clients, clock }: World, witness: Witness, when: string): void {
  witness.follow(`getToken() ${when}`, () => session.getToken())
  witness.follow(`getToken({ maxWait: 0 }) ${when}`, () => session.getToken({ maxWait: 0 }))
  witness.follow(`getToken({ minTtl }) ${when}`, () => session.getToken({ minTtl: HOUR }))
  witness.follow(`refresh() ${when}`, () => session.refresh({ force: true }))
  const calls: readonly RequestInit[] = [{}, { method: 'POST', body: '{}' }]
  for (const [name, call] of Object.entries(clients)) {
    for (const init of calls) {
      const { signal } = patience(clock)
      witness.follow(`${name} ${init.method ?? 'GET'} ${when}`, () =>
        call(`${BASE_URL}/customers/me`, { ...init, signal }),
      )
    }
    witness.follow(`${name} to a foreign origin ${when}`, () => call('https://elsewhere.test/', {}))
  }
}

/** Ends what is never answered. */
function patience(clock: World['clock']): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController()
  const abort = (): void => controller.abort(new DOMException('The caller has left', 'AbortError'))
  clock.alarm(clock.monotonic() + MINUTE, abort)
  return { signal: controller.signal, abort }
}

function bringCredentials({ session, newCredentials }: World, witness: Witness): void {
  witness.follow('setCredentials()', () => session.setCredentials(newCredentials()))
}

/** New credentials, as a person would bring them, and whatever time a block takes. */
async function recover(world: World, witness: Witness): Promise<void> {
  const { session } = world
  bringCredentials(world, witness)
  for (const wait of [10 * MINUTE, 9 * HOUR]) {
    await pass(world, wait)
    ask(world, witness, 'after mending')
    await pass(world, MINUTE)
    const token = session.peekToken()
    if (token === null) continue
    witness.note('the machine with its token', lifecycleShown(token))
    return
  }
  const { state, reason } = session.getSnapshot()
  throw new Error(
    `No token came back after the failure was mended: the walk has shown little. The session is ${state} (${reason})`,
  )
}

/** Lets time pass from alarm to alarm, and the store do before each step what it can do without time. */
async function pass({ clock, store }: World, ms: number): Promise<void> {
  const end = clock.monotonic() + ms
  while (clock.monotonic() < end) {
    await clock.settleUntil(atRest(store))
    const next = Math.max(clock.nextAt ?? end, clock.monotonic() + 1)
    await clock.advance(Math.min(next, end) - clock.monotonic())
  }
  await clock.settleUntil(atRest(store))
}

/** Looks without a change after which a store that is still busy waits for time itself, e.g. for a lock. */
const LOOKS = 20

function atRest(store: TroubledStore): () => boolean {
  let { calls } = store
  let looks = 0
  return () => {
    looks = calls === store.calls ? looks + 1 : 0
    calls = store.calls
    return store.busy === 0 || looks > LOOKS
  }
}
