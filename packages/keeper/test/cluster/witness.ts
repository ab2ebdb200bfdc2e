import type { FakeTastytrade } from '@evergrant/testing'
import type { ReplicaStep } from './words.ts'

/** What may cost a grant that rotates, if it falls between the server's commit and the save. */
type Trouble = 'killed' | 'paused' | 'cut'

/** A grant that was lost. */
export interface Loss {
  readonly account: string
  readonly code: string
  /** What fell into the window of P7; `stalled` if a lease ran out all the same; `null` if nothing did. */
  readonly window: Trouble | 'stalled' | null
  /** What its grant went through, one step a line. */
  readonly story: readonly string[]
}

/** Failed logins that are allowed within some ms. */
interface Budget {
  readonly most: number
  readonly within: number
}

/** Follows each spending of a credential, and says of a lost grant whether it was lost in the one window of P7. */
export interface Witness {
  /** The grant that an account has from now on. */
  grantOf(account: string, grantId: string): void
  /** Told each time that it is posted. */
  posted(grantId: string): void
  step(replica: number, step: ReplicaStep): void
  /** From now on until `calm`: what is under way is troubled by it, and what begins meanwhile. */
  trouble(replica: number, what: Trouble): void
  calm(replica: number): void
  /** Told of a caller who hears that a grant is gone. `null` if it is not: a replica may not know of the new one yet. */
  lost(account: string, code: string): Loss | null
  readonly losses: readonly Loss[]
  /** What must not be. */
  broken(fake: FakeTastytrade, budget: Budget): readonly string[]
}

/** A grant, from the day that an account has it. */
interface Watched {
  readonly account: string
  excuse: Loss['window']
  refused: boolean
  posts: number
  readonly story: string[]
}

/** A token request of a replica for an account: from before it is sent until its answer is saved. */
interface Window {
  readonly replica: number
  readonly account: string
  readonly grant: Watched
  readonly mark: string
  status: number | null
}

interface Failure {
  readonly at: number
  readonly replica: number
  /** Its replica may not have told anybody. */
  forgotten: boolean
}

/** Ms in which a replica has surely written down that a login failed. */
const TELLING = 2_000

export function createWitness(): Witness {
  const grants = new Map<string, Watched>()
  const present = new Map<string, Watched>()
  const windows = new Map<string, Window>()
  const senders = new Map<string, Watched>()
  const troubles = new Map<number, Trouble>()
  /** When a replica last wrote the record of an account, and when it was last well again. */
  const journals = new Map<string, number>()
  const recovered = new Map<number, number>()
  /** Refresh tokens that a replica has written down as refused. */
  const dead = new Set<string>()
  const resent: Watched[] = []
  const losses: Loss[] = []
  const failures: Failure[] = []
  const began = performance.now()
  const name = (replica: number, account: string): string => `${replica} ${account}`
  const now = (): number => Math.round(performance.now() - began)

  function note(grant: Watched | undefined, replica: number, what: string): void {
    grant?.story.push(`${now()} ms: replica ${replica} ${what}`)
  }

  function noteAll(replica: number, what: string): void {
    for (const grant of present.values()) note(grant, replica, what)
  }

  function requestStep(replica: number, step: Extract<ReplicaStep, { grantId: string }>): void {
    const grant = grants.get(step.grantId)
    if (grant === undefined) return
    const { account } = grant
    if (step.step === 'sent') {
      note(grant, replica, `sent ${step.mark}`)
      senders.set(step.mark, grant)
      windows.set(name(replica, account), { replica, account, grant, mark: step.mark, status: null })
      // Stopped between its journal and its request, a replica no longer has the lease under which it sends.
      const stopped = (recovered.get(replica) ?? -1) >= (journals.get(name(replica, account)) ?? 0)
      grant.excuse ??= troubles.get(replica) ?? (stopped ? 'paused' : null)
      // A person who posts the same once more insists.
      if (dead.has(step.mark) && !stopped && grant.posts < 2) resent.push(grant)
      return
    }
    note(grant, replica, `was answered with ${step.status}`)
    const window = windows.get(name(replica, account))
    if (window !== undefined) window.status = step.status
    if (step.status < 400) return
    grant.refused = true
    failures.push({ at: now(), replica, forgotten: troubles.has(replica) })
  }

  return {
    grantOf(account, grantId) {
      const grant: Watched = { account, excuse: null, refused: false, posts: 0, story: [] }
      grants.set(grantId, grant)
      present.set(account, grant)
    },
    posted(grantId) {
      const grant = grants.get(grantId)
      if (grant !== undefined) grant.posts += 1
    },
    step(replica, step) {
      if ('grantId' in step) return requestStep(replica, step)
      const key = name(replica, step.account)
      const window = windows.get(key)
      note(window?.grant ?? present.get(step.account), replica, step.step)
      // Another exchange begins: a refusal that the last one could not write down, as the store was away, was never written down.
      if (step.step === 'leased' && window !== undefined && (window.status ?? 0) >= 400) {
        windows.delete(key)
        return
      }
      if (step.step === 'written') journals.set(key, now())
      if (window === undefined) return
      if (step.step === 'written' && window.status !== null) {
        windows.delete(key)
        if (window.status >= 400) dead.add(window.mark)
      }
      if (step.step === 'lease-lost') window.grant.excuse ??= 'stalled'
    },
    trouble(replica, what) {
      troubles.set(replica, what)
      noteAll(replica, what)
      for (const window of windows.values()) if (window.replica === replica) window.grant.excuse ??= what
      for (const failure of failures) {
        if (failure.replica === replica && now() - failure.at < TELLING) failure.forgotten = true
      }
    },
    calm(replica) {
      noteAll(replica, 'is well')
      const killed = troubles.get(replica) === 'killed'
      for (const [key, window] of windows) if (killed && window.replica === replica) windows.delete(key)
      troubles.delete(replica)
      recovered.set(replica, now())
    },
    lost(account, code) {
      const grant = present.get(account)
      if (grant === undefined || !grant.refused) return null
      const { story } = grant
      const loss = {
        account,
        code,
        // What a killed or stopped replica was at may be heard of later.
        get window() {
          return grant.excuse
        },
        story,
      }
      losses.push(loss)
      return loss
    },
    losses,
    broken(fake, { most, within }) {
      const found: string[] = []
      for (const { account, code, window, story } of losses) {
        if (window !== null) continue
        found.push([`P7: the grant of ${account} was lost (${code}), and nothing had happened`, ...story].join('\n'))
      }
      for (const [mark, { sent, peakOpen }] of fake.spent) {
        const grant = senders.get(mark)
        if (sent > 1 && (grant?.excuse ?? null) === null) {
          found.push(`P1: a refresh token of ${grant?.account ?? 'nobody'} was sent ${sent} times`)
        }
        if (peakOpen > 1) found.push(`P1: ${peakOpen} requests with one refresh token at once`)
      }
      for (const { account, story } of resent) {
        found.push([`P2: a dead token of ${account} was sent again`, ...story].join('\n'))
      }
      const told = failures.filter(({ forgotten }) => !forgotten)
      for (const [n, { at }] of told.entries()) {
        const next = told[n + most]
        if (next !== undefined && next.at - at < within) {
          found.push(`P3: ${most + 1} failed logins within ${next.at - at} ms`)
        }
      }
      return found
    },
  }
}
