import {
  createSession,
  tokenRequestError,
  type Provider,
  type TokenResponse,
  type TokenSession,
  type TokenStore,
} from '@evergrant/core'
import type { FakeGrant } from '../tastytrade/grants.ts'
import type { Flight } from './flight.ts'
import type { GrantedLease } from './lease-table.ts'
import { passageToServer, type NetworkPorts } from './network.ts'
import type { Observation } from './observation.ts'
import type { Setting } from './options.ts'
import { chance } from './random.ts'
import type { RotatingServer } from './rotating-server.ts'
import type { VirtualProcess } from './virtual-host.ts'

/** One account's session in one virtual process, and what is known of it from outside. */
export interface SimulatedSession {
  readonly name: string
  readonly account: string
  readonly process: VirtualProcess
  readonly session: TokenSession
  /** The lease that it got last. */
  lease: GrantedLease | null
  /** When it began to read, having the lease; ms since the beginning. */
  knownAt: number
  /** A person has asked with force, and no request has left since. */
  forced: boolean
  /** What the session has said to be refused, by generation. */
  readonly rejected: Set<number>
  /** The server has told it the time. Before that it has the clock of its machine, or of a store that has one. */
  knowsTime: boolean
  /** It was told to kill itself at this step. */
  killAt: { readonly step: string; readonly back: number } | null
}

export interface SessionPorts extends NetworkPorts {
  readonly setting: Setting
  readonly server: RotatingServer
  readonly flights: Flight[]
  readonly observe: (observation: Observation) => void
  /** The process has come to the step at which it is to die. */
  readonly onFatalStep: (session: SimulatedSession, back: number) => void
}

export interface SessionPlace {
  readonly process: VirtualProcess
  readonly store: TokenStore
  readonly account: string
  /** What this process has in its configuration; `null` if the store alone knows. */
  readonly source: FakeGrant | null
}

/** An answer that takes longer tells too little of the time, in ms. */
const SLOWEST_DATED_ANSWER = 5_000

/** Nobody can know better than a wrong clock that no server and no store has put right. */
export function isMisled({ process, knowsTime }: SimulatedSession, { hosts }: Setting): boolean {
  return hosts === 1 && !knowsTime && process.host.clockWasWrong
}

/** The one issuer of every simulated account. */
export const ISSUER = 'https://simulated.test'

export function openSession(ports: SessionPorts, { process, store, account, source }: SessionPlace): SimulatedSession {
  const { setting, observe, world } = ports
  const name = `${process.name}/${account}`
  const jitter = chance(setting.seed, `jitter of ${name}`)
  const session = createSession({
    provider: createProvider(ports, () => simulated),
    store,
    account,
    clock: process.clock,
    random: () => jitter.next(),
    sharing: store.sharing,
    ...(source === null
      ? {}
      : { credentials: { clientSecret: source.clientSecret, refreshToken: source.refreshToken } }),
  })
  const simulated: SimulatedSession = {
    name,
    account,
    process,
    session,
    lease: null,
    knownAt: 0,
    forced: false,
    rejected: new Set(),
    knowsTime: false,
    killAt: null,
  }
  let before = session.getSnapshot()
  session.token$.subscribe((token) => {
    if (process.alive) observe({ type: 'shown', by: simulated, token })
  })
  session.status$.subscribe((status) => {
    if (process.alive && status !== before) observe({ type: 'status', by: simulated, status, before })
    before = status
  })
  session.events$.subscribe((event) => {
    if (!process.alive) return
    if (event.type === 'probed') observe({ type: 'probed', by: simulated })
    if (event.type === 'store-failed') observe({ type: 'store-failed', by: simulated })
    if (event.type !== 'exchange-step') return
    if (event.step === 'lease') simulated.knownAt = world.elapsed
    observe({ type: 'step', by: simulated, step: event.step })
    const { killAt } = simulated
    if (killAt?.step !== event.step) return
    simulated.killAt = null
    ports.onFatalStep(simulated, killAt.back)
  })
  return simulated
}

/** The server as one session sees it. */
function createProvider(ports: SessionPorts, from: () => SimulatedSession): Provider {
  const { server, world, flights, observe } = ports

  return {
    issuer: ISSUER,
    requestToken(credentials, { signal }) {
      const by = from()
      const draw = chance(ports.setting.seed, `request ${flights.length} of ${by.name}`)
      const flight: Flight = {
        id: flights.length,
        from: by,
        refreshToken: credentials.refreshToken?.reveal() ?? '',
        clientSecret: credentials.clientSecret?.reveal() ?? '',
        sentAt: world.elapsed,
        lease: by.lease,
        knownAt: by.knownAt,
        forced: by.forced,
        have: by.session.getSnapshot().generation,
        committedAt: null,
        accessToken: null,
        successor: null,
        refusal: null,
        strayed: false,
        answeredAt: null,
        heard: null,
        givenUpAt: null,
      }
      by.forced = false
      return new Promise((resolve, reject) => {
        const { there, back, again } = passageToServer(ports, by.process, draw)
        signal.addEventListener('abort', () => {
          flight.givenUpAt ??= flight.answeredAt === null ? world.elapsed : null
          reject(signal.reason as Error)
        })
        flights.push(flight)
        observe({ type: 'sent', flight })
        if (there === null) return
        world.after(there, () => {
          if (flight.givenUpAt !== null || !by.process.alive) flight.strayed = true
          const answer = server.receive(flight)
          if (answer === null || back === null) return
          by.process.after(back, () => {
            if (flight.givenUpAt !== null) return
            flight.answeredAt = world.elapsed
            flight.heard = answer.type === 'granted' ? 'token' : 'failure'
            const dated = answer.type === 'granted' || answer.failure.date !== undefined
            if (dated && world.elapsed - flight.sentAt < SLOWEST_DATED_ANSWER) by.knowsTime = true
            observe({ type: 'answered', flight })
            if (answer.type === 'failed') return reject(tokenRequestError(answer.failure))
            resolve(responseOf(answer, world.now - back))
          })
        })
        if (again !== null) {
          world.after(again, () => {
            flight.strayed = true
            server.receive({ ...flight })
          })
        }
      })
    },
    probe({ signal }) {
      const by = from()
      return new Promise((resolve, reject) => {
        const draw = chance(ports.setting.seed, `probe ${world.elapsed} of ${by.name}`)
        const { there, back } = passageToServer(ports, by.process, draw)
        signal.addEventListener('abort', () => reject(signal.reason as Error))
        if (there === null || back === null) return
        by.process.after(there + back, () => {
          if (!server.blocked) resolve()
        })
      })
    },
  }
}

function responseOf(
  answer: { readonly accessToken: string; readonly expiresIn: number; readonly refreshToken: string | null },
  writtenAt: number,
): TokenResponse {
  const { accessToken, expiresIn, refreshToken } = answer
  return {
    accessToken,
    expiresIn,
    date: Math.floor(writtenAt / 1000) * 1000,
    ...(refreshToken === null ? {} : { refreshToken }),
  }
}
