import type { Cast } from './cast.ts'
import { isSpell, type Happening, type Moment } from './happenings.ts'
import type { RotatingServer } from './rotating-server.ts'
import type { SharedStore } from './shared-store.ts'
import type { Weather } from './weather.ts'

export interface Stage {
  readonly cast: Cast
  readonly weather: Weather
  readonly server: RotatingServer
  readonly store: SharedStore
}

/** Lets one happening happen. What it is about may be gone by then; then nothing does. */
export function play(stage: Stage, happening: Happening): void {
  if (isSpell(happening)) stage.weather.begin(happening)
  else playMoment(stage, happening)
}

function playMoment({ cast, server, store }: Stage, moment: Moment): void {
  const { people } = cast
  switch (moment.type) {
    case 'kill':
      return cast.kill(moment.process, moment.back)
    case 'kill-at-step': {
      const by = cast.session(moment.process, 0)
      if (by !== null) by.killAt = { step: moment.step, back: moment.back }
      return
    }
    case 'sleep':
      return cast.hosts[moment.host]?.sleep(moment.lasts)
    case 'clock-jump':
      return cast.hosts[moment.host]?.setClock(moment.by)
    case 'lease-loss':
      return store.leases.drop(`grant/${cast.accounts[moment.account]}`)
    case 'early-invalidation':
      return server.invalidateAccessTokens(people.lastGrantOf(accountOf(cast, moment.account)).refreshToken)
    case 'revocation':
      return people.revoke(accountOf(cast, moment.account))
    case 'address-block':
      return server.block(moment.lasts)
    case 'sign-out':
    case 'new-credentials':
    case 'wrong-credentials':
    case 'refresh':
    case 'forced-refresh':
    case 'burst':
      return playOnSession(cast, moment)
  }
}

type SessionMoment = Extract<Moment, { readonly process: number; readonly account: number }>

function playOnSession(cast: Cast, moment: SessionMoment): void {
  const by = cast.session(moment.process, moment.account)
  if (by === null) return
  const { people } = cast
  switch (moment.type) {
    case 'sign-out':
      return people.signOut(by)
    case 'new-credentials':
      return people.giveCredentials(by)
    case 'wrong-credentials':
      return people.giveWrongCredentials(by)
    case 'refresh':
    case 'forced-refresh':
      return people.refresh(by, moment.type === 'forced-refresh')
    case 'burst':
      for (let caller = 0; caller < moment.callers; caller += 1) cast.call(by, moment)
  }
}

function accountOf(cast: Cast, place: number): string {
  return cast.accounts[place % cast.accounts.length] ?? ''
}
