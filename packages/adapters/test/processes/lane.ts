import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fakeTastytrade, type Rotation } from '@evergrant/testing'
import { examine, leftovers, type Account, type Remains } from './autopsy.ts'
import { drain } from './drain.ts'
import type { Career, Kill } from './kill-plan.ts'
import { startMortal, type Ending, type Mortal } from './mortal.ts'

/** One kill, and what it left. */
export interface Death extends Ending, Remains {
  readonly kill: Kill
  /** Whether `unsaved` was so already, by a death that nobody had survived yet. */
  readonly inherited: boolean
}

/** What the next process found that lived long enough to ask for a token. */
export interface Survival {
  /** How many had died since the one before it. */
  readonly deaths: number
  /** Whether the last of them left a rotation unsaved. */
  readonly unsaved: boolean
  /** `ok` if it got a new token that works, or the code of the error. */
  readonly outcome: string
  /** How often its store waited for somebody else. */
  readonly pauses: number
  /** What lay beside the file when it was through. */
  readonly leftovers: readonly string[]
}

export interface LaneOptions {
  readonly rotation: Rotation
  readonly program: string
  readonly folder: string
  readonly kills: readonly Kill[]
}

export interface LaneReport {
  readonly deaths: readonly Death[]
  readonly survivals: readonly Survival[]
}

/** An account, and who died on it since somebody last survived. */
interface Estate {
  readonly account: Account
  readonly deaths: readonly Death[]
}

/** Beyond any stall of the machine, in ms: the length of a grace is not on trial here. */
const LONG_GRACE = 3_600_000

/**
 * Kills one process after the other over one server. Each first takes over from the one before it and shows that all is
 * well, or that the grant is lost; then its own turn has come. A lost grant is given up for a new one. Each is started
 * while the one before it still works.
 */
export async function runLane({ rotation, program, folder, kills }: LaneOptions): Promise<LaneReport> {
  const fake = fakeTastytrade({ rotation, grace: LONG_GRACE })
  await using listener = await fake.listen()
  await using processes = new AsyncDisposableStack()
  const deaths: Death[] = []
  const survivals: Survival[] = []
  let started = 0

  function start(): Mortal {
    started += 1
    return processes.use(startMortal(program, `process ${started} of a lane`))
  }

  function open(mortal: Mortal, { file, grant }: Account): Promise<void> {
    const { clientSecret, refreshToken } = grant
    return mortal.open({ baseUrl: listener.url, file, clientSecret, refreshToken })
  }

  /** Brings a process to where it is to be killed. */
  async function prepare(mortal: Mortal, estate: Estate | null, career: Career): Promise<Estate> {
    if (estate !== null) {
      await open(mortal, estate.account)
      if (career === 'takeover') return estate
      const survival = await survive(mortal, estate)
      survivals.push(survival)
      if (survival.outcome === 'ok' && career === 'later') return { account: estate.account, deaths: [] }
    }
    const file = join(mkdtempSync(join(folder, 'account-')), '.secrets')
    const account: Account = { file, grant: fake.createGrant(), generation: 0, kept: false }
    await open(mortal, account)
    if (career === 'later') await mortal.ask()
    return { account, deaths: [] }
  }

  async function kill(mortal: Mortal, planned: Kill, { account, deaths: before }: Estate): Promise<Death> {
    const ending = await mortal.die(planned.how)
    await drain(fake, listener.url)
    const remains = await examine(fake, account)
    return { kill: planned, ...ending, ...remains, inherited: before.some(({ unsaved }) => unsaved) }
  }

  let next = start()
  let estate: Estate | null = null
  for (const planned of kills) {
    const mortal = next
    next = start()
    const prepared: Estate = await prepare(mortal, estate, planned.career)
    const death = await kill(mortal, planned, prepared)
    deaths.push(death)
    estate = { account: prepared.account, deaths: [...prepared.deaths, death] }
  }
  await prepare(next, estate, 'later')
  await next.end()
  return { deaths, survivals }
}

async function survive(mortal: Mortal, { account, deaths }: Estate): Promise<Survival> {
  const { outcome, generation, pauses } = await mortal.ask()
  account.generation = Math.max(account.generation, generation)
  const unsaved = deaths.at(-1)?.unsaved ?? false
  return { deaths: deaths.length, unsaved, outcome, pauses, leftovers: leftovers(account) }
}
