import { invalidOptions } from '@evergrant/core'
import { createPlatformRandom, type RandomSource } from '../tastytrade/invented-tokens.ts'
import { createFragmentIndex, type Fragment } from './fragments.ts'

/** Secrets that can be recognised wherever they turn up. More may be planted, or noted, at any time. */
export interface Canaries {
  /** Invents a secret: 48 printable characters (VSCHAR of RFC 6749 appendix A), some of which every encoding changes. */
  plant(name: string): string
  /** Takes in a secret that somebody else made, such as a rotated refresh token; known ones keep their first name. */
  note(name: string, secret: string): void
  /** The names, in the order of planting. */
  readonly names: readonly string[]
  /** Finds the secrets, and fragments of {@link SHORTEST_FRAGMENT} characters or more, in any of their forms. */
  find(text: string): readonly FoundCanary[]
}

export interface FoundCanary extends Omit<Fragment, 'secret'> {
  /** Which secret, by its name. */
  readonly canary: string
}

export interface PlantOptions {
  /** Makes the secrets repeatable. Default the platform's. */
  readonly random?: RandomSource
}

/** Shorter ones are refused. */
export const SHORTEST_SECRET = 8
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const AWKWARD = ['+', '"', '/', '~', '\\', "'", '%', '!', '&', '=', '<', '*']
const RUN = 3

/** Plants no secret yet: `plantCanaries().plant('client secret')` gives the first. */
export function plantCanaries({ random = createPlatformRandom() }: PlantOptions = {}): Canaries {
  const index = createFragmentIndex()
  const names = new Map<string, string>()

  function letters(): string {
    return Array.from({ length: RUN }, () => LETTERS.charAt(Math.floor(random() * LETTERS.length))).join('')
  }

  function note(name: string, secret: string): void {
    if (names.has(secret)) return
    if (secret.length < SHORTEST_SECRET) {
      const help = `Take one of at least ${SHORTEST_SECRET} characters, or let plant() invent it.`
      throw invalidOptions('secret', `${name} is too short to be told from other text`, help)
    }
    names.set(secret, name)
    index.add(secret)
  }

  return {
    note,
    plant(name) {
      const secret = AWKWARD.map((character) => `${letters()}${character}`).join('')
      note(name, secret)
      return secret
    },
    get names() {
      return [...names.values()]
    },
    find: (text) => index.find(text).map(({ secret, ...where }) => ({ canary: names.get(secret) ?? '', ...where })),
  }
}
