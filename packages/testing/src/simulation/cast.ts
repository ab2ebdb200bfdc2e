import type { AccessToken } from '@evergrant/core'
import { ask, type CallWishes } from './call.ts'
import type { GrantedLease } from './lease-table.ts'
import { passageToServer } from './network.ts'
import { createPeople, type People } from './people.ts'
import { chance } from './random.ts'
import type { SharedStore } from './shared-store.ts'
import { openSession, type SessionPorts, type SimulatedSession } from './simulated-session.ts'
import { createStoreClient } from './store-client.ts'
import { createHost, createProcess, type VirtualHost, type VirtualProcess } from './virtual-host.ts'

/** A program with a session for each account, which is started again after each kill. */
interface Slot {
  readonly name: string
  readonly host: VirtualHost
  starts: number
  process: VirtualProcess
  sessions: readonly SimulatedSession[]
}

export interface CastPorts extends Omit<SessionPorts, 'onFatalStep'> {
  readonly store: SharedStore
}

/** Hosts, processes, sessions, their callers, and the people who own the accounts. */
export interface Cast {
  readonly hosts: readonly VirtualHost[]
  readonly accounts: readonly string[]
  readonly people: People
  /** Of the processes that live. */
  sessions(): readonly SimulatedSession[]
  /** The session of an account in a process, both by their place, counted round; `null` if none is awake there. */
  session(process: number, account: number): SimulatedSession | null
  kill(process: number, back: number): void
  /** Lets callers ask, and use what they get. */
  call(by: SimulatedSession, wishes: CallWishes): void
  /** Callers ask at least this often from now on, in ms. */
  hurry(most: number): void
  /** Starts what is dead. */
  startAll(): void
  /** Ends every session. Resolves when all are disposed. */
  dispose(): Promise<void>
}

/** Longest pause between two calls of the same caller, in ms. */
const LONGEST_PAUSE = 240_000
/** Until the kernel has told that a process is dead, in ms; then its file leases fall to the next. */
const DEATH_IS_KNOWN = 300
const AT_EASE: CallWishes = { maxWait: null, minTtl: 0, leaveAfter: null }

export function createCast(ports: CastPorts): Cast {
  const { world, setting, store, server, observe } = ports
  const draw = chance(setting.seed, 'cast')
  const skewed = setting.faults.includes('clock-jump') && setting.hosts > 1
  const hosts = Array.from({ length: setting.hosts }, (_, index) =>
    createHost(world, `host-${index + 1}`, skewed ? draw.pick([0, 0, 1_500, -90_000, 7_200_000]) : 0),
  )
  const sharing = setting.hosts > 1 ? 'network' : 'host'
  const accounts = Array.from({ length: setting.accounts }, (_, index) => `account-${index + 1}`)
  const people = createPeople(ports, accounts)
  let longestPause = LONGEST_PAUSE

  function start(slot: Slot): void {
    slot.starts += 1
    const process = createProcess(world, slot.host, `${slot.name}#${slot.starts}`)
    const sessions: SimulatedSession[] = []
    const onLease = (lease: GrantedLease): void => {
      for (const simulated of sessions) if (lease.key === `grant/${simulated.account}`) simulated.lease = lease
    }
    const client = createStoreClient({ ...ports, seed: setting.seed, onLease }, process, sharing)
    slot.process = process
    slot.sessions = sessions
    for (const account of accounts) {
      const source = setting.fromSource ? people.firstGrantOf(account) : null
      const place = { process, store: client, account, source }
      sessions.push(openSession({ ...ports, onFatalStep: (_, back) => end(slot, back) }, place))
    }
    for (const simulated of sessions) poll(simulated)
  }

  function end(slot: Slot, back: number): void {
    const { process } = slot
    process.kill()
    if (sharing === 'host') world.after(DEATH_IS_KNOWN, () => store.leases.dropAllOf(process))
    slot.host.after(back, () => {
      if (slot.process === process) start(slot)
    })
  }

  function poll(by: SimulatedSession): void {
    const pause = Math.round(longestPause * draw.next())
    by.process.after(pause, () => {
      call(by, AT_EASE)
      poll(by)
    })
  }

  function call(by: SimulatedSession, wishes: CallWishes): void {
    ask(by, () => world.elapsed, wishes, {
      asked: (made) => observe({ type: 'asked', call: made }),
      told(made, token) {
        if (!by.process.alive) return
        observe({ type: 'told', call: made, token })
        if (token !== null) use(by, token)
      },
      overdue: (made) => observe({ type: 'overdue', call: made }),
    })
  }

  /** One request to the API; a refusal is reported. */
  function use(by: SimulatedSession, token: AccessToken): void {
    const { there, back } = passageToServer(ports, by.process, draw)
    if (there === null || back === null || server.blocked) return
    world.after(there, () => {
      if ((server.lifeOf(token.value) ?? 0) > world.now) return
      by.process.after(back, () => {
        by.rejected.add(token.generation)
        by.session.reportRejected(token)
      })
    })
  }

  const slots = Array.from({ length: setting.processes }, (_, index): Slot => {
    const host = hosts[index % hosts.length] ?? createHost(world, 'host', 0)
    const name = `${host.name}/p${index + 1}`
    const nothing = createProcess(world, host, name)
    return { name, host, starts: 0, process: nothing, sessions: [] }
  })
  for (const slot of slots) start(slot)

  const living = () => slots.filter(({ process }) => process.alive)

  return {
    hosts,
    accounts,
    people,
    sessions: () => living().flatMap(({ sessions }) => sessions),
    session(process, account) {
      const slot = slots[process % slots.length]
      if (slot === undefined || !slot.process.alive || slot.host.asleep) return null
      return slot.sessions[account % accounts.length] ?? null
    },
    kill(process, back) {
      const slot = slots[process % slots.length]
      if (slot?.process.alive === true) end(slot, back)
    },
    call,
    hurry(most) {
      longestPause = most
      for (const { sessions } of living()) for (const by of sessions) poll(by)
    },
    startAll() {
      for (const slot of slots) if (!slot.process.alive) start(slot)
    },
    async dispose() {
      await Promise.all(
        living().map(async ({ process, sessions }) => {
          await Promise.all(sessions.map(({ session }) => session.dispose()))
          for (const by of sessions) observe({ type: 'disposed', by, alarms: process.alarms })
        }),
      )
    },
  }
}
