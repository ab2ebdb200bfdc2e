import type { FakeGrant } from '../tastytrade/grants.ts'
import type { Observation } from './observation.ts'
import type { RotatingServer } from './rotating-server.ts'
import type { SimulatedSession } from './simulated-session.ts'

/** Whoever owns the accounts: makes grants at the provider, and types credentials in. */
export interface People {
  /** What was put into the configuration of every process at the beginning. */
  firstGrantOf(account: string): FakeGrant
  /** Makes a new grant and gives it to this session, again and again until it is taken. */
  giveCredentials(to: SimulatedSession): void
  /** Gives credentials that no server knows. */
  giveWrongCredentials(to: SimulatedSession): void
  signOut(by: SimulatedSession): void
  refresh(by: SimulatedSession, force: boolean): void
  /** Deletes the present grant at the provider. */
  revoke(account: string): void
  /** The refresh token that this account's last grant began with. */
  lastGrantOf(account: string): FakeGrant
}

/** Ms after which somebody whom a session has refused tries again. */
const PATIENCE = 7_000

export interface PeoplePorts {
  readonly server: RotatingServer
  readonly observe: (observation: Observation) => void
}

export function createPeople({ server, observe }: PeoplePorts, accounts: readonly string[]): People {
  const first = new Map<string, FakeGrant>(accounts.map((account) => [account, server.createGrant()]))
  const last = new Map<string, FakeGrant>(first)
  let wrong = 0

  const grantOf = (grants: Map<string, FakeGrant>, account: string): FakeGrant => {
    const grant = grants.get(account)
    if (grant === undefined) throw new Error(`There is no ${account}`)
    return grant
  }

  function give(to: SimulatedSession, clientSecret: string, refreshToken: string): void {
    observe({ type: 'credentials', account: to.account })
    to.session.setCredentials({ clientSecret, refreshToken }).catch(() => {
      to.process.after(PATIENCE, () => give(to, clientSecret, refreshToken))
    })
  }

  return {
    firstGrantOf: (account) => grantOf(first, account),
    lastGrantOf: (account) => grantOf(last, account),
    giveCredentials(to) {
      const grant = server.createGrant()
      last.set(to.account, grant)
      give(to, grant.clientSecret, grant.refreshToken)
    },
    giveWrongCredentials(to) {
      wrong += 1
      give(to, server.clientSecret, `mistyped-${wrong}`)
    },
    signOut(by) {
      observe({ type: 'signed-out', by })
      by.session.signOut().catch(() => undefined)
    },
    refresh(by, force) {
      if (force) by.forced = true
      if (force) observe({ type: 'credentials', account: by.account })
      by.session.refresh({ force }).catch(() => undefined)
    },
    revoke: (account) => server.revoke(grantOf(last, account).refreshToken),
  }
}
