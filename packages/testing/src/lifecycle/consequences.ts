import { LIFECYCLE_POLICY } from './policy.ts'
import type { LifecycleSituation } from './situation.ts'

type Change = Partial<LifecycleSituation>
type Consequence = (now: { readonly context: LifecycleSituation }) => Change

/** The model takes the times of probes that lie before the end of any token, and one after it; later ones come too late. */
const PLANNED_PROBES = LIFECYCLE_POLICY.probeAfter.length

const NO_BLOCK = { block: null, blockReason: null, probes: 0 } as const
/** What belongs to credentials and goes with them. */
const NO_HISTORY = {
  dead: null,
  doubt: false,
  rotation: 'unseen',
  early: false,
  measured: false,
  stored: false,
} as const

// A move without any consequence is one that the model takes all the same.
export const stay: Consequence = () => ({})
export const forgetReason: Consequence = () => ({ reason: null })

export const look: Consequence = () => ({ watching: true, wanted: true, insisted: false })
export const ask: Consequence = () => ({ insisted: false })
export const insist: Consequence = () => ({ insisted: true })
export const insistFromNothing: Consequence = () => ({ watching: true, wanted: true, insisted: true })
export const missCredentials: Consequence = () => ({ watching: true, wanted: true, reason: 'credentials-missing' })
/** Only who insists asks beyond a sign-out that the store remembers. */
export const tellSignOut: Consequence = () => ({ reason: 'signed-out' })

/** A token came by a request of this session or of a sibling. */
const taken: Consequence = () => ({
  token: true,
  closing: false,
  early: true,
  measured: true,
  dead: null,
  doubt: false,
  strike: null,
  watching: true,
  wanted: true,
  stored: false,
  ...NO_BLOCK,
})
export const take: Consequence = (now) => ({
  ...taken(now),
  rotation: now.context.rotation === 'unseen' ? 'none' : now.context.rotation,
})
export const takeRotated: Consequence = (now) => ({ ...taken(now), rotation: 'seen' })
export const takeAgain: Consequence = (now) => ({ ...taken(now), rotation: 'seen' })
export const takeStored: Consequence = () => ({ token: true, stored: false, watching: true, wanted: true })
export const storeToken: Consequence = () => ({ stored: true, early: true, measured: true, rotation: 'none' })

export const lose: Consequence = () => ({ token: false, closing: false })
export const loseIfClosing: Consequence = (now) => (now.context.closing ? lose(now) : {})
export const refuse: Consequence = (now) => ({ ...lose(now), refusedYoung: true })
export const comeOfAge: Consequence = () => ({ early: false, refusedYoung: false })
export const almostExpire: Consequence = () => ({ early: false, refusedYoung: false, closing: true })
export const passFloor: Consequence = () => ({ early: false })
export const sleep: Consequence = (now) => ({
  ...lose(now),
  early: false,
  stored: false,
  block: now.context.block === null ? null : 'lapsed',
})

export const failInDoubt: Consequence = ({ context }) => ({
  doubt: context.rotation !== 'none',
  strike: null,
  ...NO_BLOCK,
})
/** An earlier request without an answer is in doubt still. */
export const failForCertain: Consequence = () => ({ strike: null, ...NO_BLOCK })
/** Its refresh token counts although its token does not. The floor is a part of a lifetime, so it needs to know one. */
export const failDying: Consequence = ({ context }) => ({
  doubt: false,
  strike: null,
  early: context.measured,
  dead: null,
  rotation: 'seen',
  ...NO_BLOCK,
})
export const strikeSilence: Consequence = (now) => ({ ...failInDoubt(now), strike: 'silence' })
export const strikeRefusal: Consequence = (now) => ({ ...failForCertain(now), strike: 'refusal' })

function blockAnew({ block, probes }: LifecycleSituation): Change {
  const passed = { resting: probes, due: probes + 1, lapsed: PLANNED_PROBES }
  return { block: 'resting', probes: block === null ? 0 : Math.min(PLANNED_PROBES, passed[block]) }
}
export const blockForSilence: Consequence = (now) => ({
  ...strikeSilence(now),
  ...blockAnew(now.context),
  reason: 'ip-block-suspected',
  blockReason: 'ip-block-suspected',
})
export const blockForRefusal: Consequence = (now) => ({
  ...strikeRefusal(now),
  ...blockAnew(now.context),
  reason: 'edge-refused',
  blockReason: 'edge-refused',
})
export const tellBlock: Consequence = ({ context }) => ({ reason: context.blockReason })
export const tellBudget: Consequence = () => ({ reason: 'login-budget-spent' })
export const probe: Consequence = ({ context }) => ({ block: 'due', reason: context.blockReason })
export const probeInVain: Consequence = ({ context }) => ({ block: 'resting', probes: context.probes + 1 })
export const endBlock: Consequence = (now) => ({
  ...sleep(now),
  insisted: false,
  ...(now.context.reason === 'login-budget-spent' ? { failedLogins: 0 } : {}),
})

const condemn = (context: LifecycleSituation): Change => ({
  failedLogins: context.failedLogins + 1,
  doubt: false,
  strike: null,
  ...NO_BLOCK,
})
export const condemnGrant: Consequence = ({ context }) => {
  const reason = context.doubt ? 'rotation-lost' : 'grant-revoked'
  return { ...condemn(context), reason, dead: reason }
}
export const condemnClient: Consequence = ({ context }) => ({
  ...condemn(context),
  reason: 'client-rejected',
  dead: 'client-rejected',
})
export const tellDeath: Consequence = ({ context }) => ({ reason: context.dead })

export const renewCredentials: Consequence = (now) => ({
  ...lose(now),
  ...NO_HISTORY,
  credentials: true,
  refusedYoung: false,
  insisted: false,
})
export const signOut: Consequence = (now) => ({
  ...lose(now),
  ...NO_HISTORY,
  credentials: false,
  refusedYoung: false,
  insisted: false,
  wanted: false,
  reason: 'signed-out',
})
