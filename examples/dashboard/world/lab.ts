import { tastytrade } from '@evergrant/adapters/tastytrade'
import { memoryStore, readAccount, type AccountReport } from '@evergrant/core'
import { fakeTastytrade, VirtualClock, type FakeTastytrade, type Rotation } from '@evergrant/testing'
import { startBot, type Bot, type BotName } from './bot.ts'
import { createChronicle, type Sightings } from './chronicle.ts'
import { createCredentialDesk } from './credential-desk.ts'
import { throughNetwork } from './network.ts'
import { createPace, type Pace } from './pace.ts'
import { seededRandom } from './random.ts'
import { createWitness } from './witness.ts'

/** A bot that is alive. */
export interface ShownBot {
  readonly bot: Bot
  /** Its own time, epoch ms: that of the times in its status. */
  readonly now: number
}

/** What there is to be shown at one moment. The same object until something changes. */
export interface LabView extends Sightings {
  /** True time, epoch ms, and by how much the clock of the bots' machine is ahead. */
  readonly now: number
  readonly skew: number
  readonly running: boolean
  readonly speed: number
  readonly bots: readonly ShownBot[]
  readonly budget: AccountReport['budget'] | null
  readonly blocked: boolean
}

/** A world in a page: a fake tastytrade, one store, one clock, and bots that live off them. */
export interface Lab {
  readonly pace: Pace
  readonly clock: VirtualClock
  readonly fake: FakeTastytrade
  readonly rotation: Rotation
  /** The bot of that name, if it is alive. */
  bot(name: BotName): Bot | undefined
  start(name: BotName): void
  kill(name: BotName): void
  /** The server ends the grant whose credentials the bots have, and its tokens. */
  revokeGrant(): void
  /** Whether the credentials at the desk are of a grant that was ended here. */
  readonly isRevoked: boolean
  /** Somebody makes a new grant, and puts it where the bots look. */
  bringNewCredentials(): void
  /** Writes down what the person at the switches does. */
  note(what: string): void
  /** Lets what needs no time happen, and shows it. */
  settle(): Promise<void>
  readonly getSnapshot: () => LabView
  readonly subscribe: (changed: () => void) => () => void
  dispose(): void
}

export interface LabOptions {
  readonly rotation?: Rotation
  /** The same seed and the same deeds make the same story. Default 1. */
  readonly seed?: number
  /** Seconds in the lab for one outside. Default 40. */
  readonly speed?: number
}

const MINUTE = 60_000
/** How far back the page shows. */
export const SHOWN_BACK = 30 * MINUTE

export function createLab({ rotation = 'none', seed = 1, speed = 40 }: LabOptions = {}): Lab {
  const random = seededRandom(seed)
  const clock = new VirtualClock()
  const fake = fakeTastytrade({
    clock,
    random,
    rotation,
    // As the real one, it punishes those who go on failing.
    blockAfter: 4,
    // A page may not name its User-Agent.
    userAgentRequired: false,
  })
  const store = memoryStore()
  const desk = createCredentialDesk(fake.credentials)
  const chronicle = createChronicle()
  const witness = createWitness(chronicle, clock)
  const bots = new Map<BotName, { readonly bot: Bot; readonly following: Disposable }>()
  const listeners = new Set<() => void>()
  const world = { clock, store, source: desk.source, fetch: throughNetwork(fake.fetch, clock) }
  const provider = tastytrade({ environment: 'sandbox', fetch: fake.fetch })
  let grant = fake.grant
  let isRevoked = false
  let budget: LabView['budget'] = null
  let shown: LabView | null = null

  fake.onRequest((request) => witness.request(request))

  async function show(): Promise<void> {
    ;({ budget } = await readAccount({ provider, credentials: desk.source, store, clock }))
    chronicle.forget(clock.time - SHOWN_BACK)
    shown = null
    for (const changed of listeners) changed()
  }
  const pace = createPace(clock, speed, show)

  function start(name: BotName): void {
    const bot = startBot({ ...world, name, random, onRound: (round) => witness.round(name, round) })
    bots.set(name, { bot, following: witness.follow(bot) })
  }

  start('A')
  return {
    pace,
    clock,
    fake,
    rotation,
    bot: (name) => bots.get(name)?.bot,
    start,
    kill(name) {
      bots.get(name)?.bot.kill()
      bots.get(name)?.following[Symbol.dispose]()
      bots.delete(name)
    },
    revokeGrant() {
      isRevoked = true
      fake.revokeGrant(grant.refreshToken, { accessTokens: true })
    },
    get isRevoked() {
      return isRevoked
    },
    bringNewCredentials() {
      isRevoked = false
      grant = fake.createGrant()
      desk.put({ clientSecret: grant.clientSecret, refreshToken: grant.refreshToken })
    },
    note(what) {
      chronicle.deed({ at: clock.time, what })
      chronicle.log({ at: clock.time, who: 'you', text: what })
    },
    async settle() {
      await clock.settle()
      await show()
    },
    getSnapshot() {
      return (shown ??= {
        ...chronicle.sightings,
        now: clock.time,
        skew: clock.skew,
        running: pace.running,
        speed: pace.speed,
        bots: [...bots.values()].map(({ bot }) => ({ bot, now: bot.now() })),
        budget,
        blocked: fake.blocked,
      })
    },
    subscribe(changed) {
      listeners.add(changed)
      return () => void listeners.delete(changed)
    },
    dispose() {
      pace.dispose()
      for (const { bot, following } of bots.values()) {
        bot.kill()
        following[Symbol.dispose]()
      }
    },
  }
}
