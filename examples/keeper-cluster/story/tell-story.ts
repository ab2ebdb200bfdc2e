import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { postgresStore } from '@evergrant/adapters/postgres'
import { redisStore } from '@evergrant/adapters/redis'
import { keeperKeys } from '@evergrant/keeper'
import { fakeTastytrade, type FakeGrant, type FakeTastytrade } from '@evergrant/testing'
import { startBots, type Bots } from './bots.ts'
import type { FoundStore } from './find-store.ts'
import type { StorePlan } from './replica-plan.ts'
import { startReplica, type Replica } from './replica.ts'
import { summarize, type Summary } from './summary.ts'

export interface StoryOptions {
  readonly place: FoundStore
  readonly say: (line: string) => void
  readonly signal: AbortSignal
  /** False lets the bots go on until the signal. */
  readonly once: boolean
}

const ACCOUNTS = ['anna', 'bert', 'cora', 'dirk'] as const
const REVOKED = 'dirk'
/** Seconds that a token lives, and ms between two events of the story. */
const LIFETIME = 6
const SCENE = 3_000
/** Ms without a token request that count as a quiet moment. */
const QUIET = 250

/** Tells the story, and gives its summary; `null` if the signal ended it before there was one. */
export async function tellStory({ place, say, signal, once }: StoryOptions): Promise<Summary | null> {
  await using resources = new AsyncDisposableStack()
  resources.defer(() => place.clear())
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1_000
  const tell = (what: string): void => say(`${seconds().toFixed(1).padStart(5)} s  ${what}`)
  const scene = (): Promise<void> => wait(SCENE, undefined, { signal })

  const fake = fakeTastytrade({ rotation: 'strict', lifetime: LIFETIME })
  const { url: baseUrl } = resources.use(await fake.listen())
  const sealingKey = randomBytes(32).toString('base64')
  const keys = await makeKeys(place.plan, sealingKey)
  say(`Three replicas on ${place.name}. Tokens live ${LIFETIME} s, and each refresh token is good for one use.`)
  say('')
  const shared = { store: place.plan, sealingKey, baseUrl }
  const starting = [1, 2, 3].map(async (number) => resources.use(await startReplica(number, shared)))
  const replicas = await Promise.all(starting)
  for (const { name, url } of replicas) tell(`${name} listens on ${url}`)
  const [first, second, third] = replicas as [Replica, Replica, Replica]

  for (const account of ACCOUNTS) await post(first, keys.admin, account, fake.createGrant())
  tell(`the credentials of ${ACCOUNTS.join(', ')} are posted to ${first.name}, which tries and seals them`)
  resources.use(
    fake.onRequest(({ kind, userAgent, outcome, generation }) => {
      if (kind !== 'token') return
      const which = generation === null ? '' : `, number ${generation} of its grant`
      tell(`    ${userAgent?.split('/')[0]} asks for a token: ${outcome}${which}`)
    }),
  )
  const bots = resources.use(startBots({ urls: replicas.map(({ url }) => url), apiKey: keys.bots, accounts: ACCOUNTS }))
  tell('twelve bots begin to ask for tokens, at one replica after the other')

  try {
    await scene()
    await quietMoment(fake, signal)
    await second.end('SIGKILL')
    tell(`${second.name} is killed; the bots go on at the others, and so do the renewals`)
    await scene()
    await second.start()
    tell(`${second.name} is back, and knows all that happened meanwhile`)
    await scene()
    const drained = await third.end('SIGTERM')
    await third.start()
    tell(`${third.name} was told to end (exit code ${drained}), and replaced`)
    await scene()
    const mended = await revokeAndMend({ fake, bots, replica: first, admin: keys.admin, tell, signal })
    await scene()
    const spent = [...fake.spent.values()]
    const summary = summarize({
      store: place.plan.kind,
      seconds: Math.round(seconds()),
      calls: bots.calls,
      moves: bots.moves,
      tokenRequests: fake.tokenRequests,
      failedLogins: fake.failedLogins,
      atOnce: Math.max(...spent.map(({ peakOpen }) => peakOpen)),
      mostSent: Math.max(...spent.map(({ sent }) => sent)),
      revoked: REVOKED,
      mended: mended(),
      drained,
    })
    if (!once) {
      tell('the bots go on; Ctrl-C ends them')
      await wait(2 ** 31 - 1, undefined, { signal }).catch(() => undefined)
    }
    return summary
  } catch (error) {
    if (signal.aborted) return null
    throw error
  }
}

interface Revocation {
  readonly fake: FakeTastytrade
  readonly bots: Bots
  readonly replica: Replica
  readonly admin: string
  readonly tell: (what: string) => void
  readonly signal: AbortSignal
}

async function revokeAndMend({ fake, bots, replica, admin, tell, signal }: Revocation): Promise<() => number> {
  const grant = fake.createGrant()
  // In place of the grant that there is, so that its end is known to nobody but the server.
  await post(replica, admin, REVOKED, grant)
  fake.revokeGrant(fake.currentRefreshToken(grant))
  tell(`the grant of ${REVOKED} is revoked at the server`)
  const told = () => bots.calls.filter(({ result }) => result === 'grant-revoked').length
  while (told() === 0) await wait(100, undefined, { signal })
  tell(`its bots are told so, and that new credentials mend it; nobody sends it again`)
  await wait(1_000, undefined, { signal })
  await post(replica, admin, REVOKED, fake.createGrant())
  const since = bots.calls.length
  tell(`new credentials of ${REVOKED} are posted`)
  return () => bots.calls.slice(since).filter(({ account, result }) => account === REVOKED && result === 'token').length
}

/** Killed between a server's answer and its save, a replica takes a rotated token with it (P7). That is told elsewhere. */
async function quietMoment(fake: FakeTastytrade, signal: AbortSignal): Promise<void> {
  for (let seen = -1; seen !== fake.tokenRequests || fake.openRequests > 0;) {
    seen = fake.tokenRequests
    await wait(QUIET, undefined, { signal })
  }
}

async function makeKeys(
  plan: StorePlan,
  sealingKey: string,
): Promise<{ readonly admin: string; readonly bots: string }> {
  const { kind, ...rest } = plan
  await using store = kind === 'postgres' ? postgresStore(rest) : redisStore(rest)
  const keys = keeperKeys({ store, sealing: { key: sealingKey } })
  const admin = await keys.create({ name: 'operator', scopes: ['admin'], accounts: '*' })
  const bots = await keys.create({ name: 'bots', scopes: ['token'], accounts: [...ACCOUNTS] })
  return { admin: admin.key.reveal(), bots: bots.key.reveal() }
}

async function post(replica: Replica, apiKey: string, account: string, grant: FakeGrant): Promise<void> {
  const answer = await fetch(`${replica.url}/api/v1/credentials`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({
      account,
      client_id: grant.clientId,
      client_secret: grant.clientSecret,
      refresh_token: grant.refreshToken,
    }),
  })
  if (answer.status !== 201) throw new Error(`The credentials of ${account} were answered with ${answer.status}`)
}
