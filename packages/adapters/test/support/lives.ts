import { lifecyclePaths, MOVES, type LifecyclePath, type Move } from '@evergrant/testing'
import { whole } from '../../../../tools/extent.ts'

/** What a store meets in its own way, and what an HTTP adapter or a provider does. */
const OWN_MOVES = {
  store: (move: Move) => MOVES[move].by === 'sibling' || move === 'SIGN_OUT' || move === 'NEW_CREDENTIALS',
  part: (move: Move) => MOVES[move].by === 'caller' || MOVES[move].by === 'server' || move === 'ASK',
} as const
const SHARES = {
  store: ['file', 'postgres', 'redis'],
  part: ['fetch', 'ky', 'oauth2'],
} as const

type Kind = keyof typeof SHARES

/**
 * The tastytrade provider in memory lives through everything. What else is a part of a session walks the paths by the states:
 * those that end with what is its own matter, and one share of the rest, so that parts of a kind walk all of them together; each
 * walks all where everything is done at full length.
 */
export function livesOf<K extends Kind>(kind: K, name: (typeof SHARES)[K][number]): readonly LifecyclePath[] {
  const paths = lifecyclePaths({ by: 'state' })
  if (whole) return paths
  const names: readonly string[] = SHARES[kind]
  const isOwn = (path: LifecyclePath): boolean => path.slice(-1).some(OWN_MOVES[kind])
  return [
    ...paths.filter(isOwn),
    ...paths.filter((path) => !isOwn(path)).filter((_, index) => index % names.length === names.indexOf(name)),
  ]
}
