/** The texts from `from` on and before `to`, by their bytes in UTF-8, which is the order of code points. */
export interface KeyRange {
  readonly from: string
  /** `null`: to the end. */
  readonly to: string | null
}

const LAST = 0x10ffff
const BEFORE_SURROGATES = 0xd7ff
const AFTER_SURROGATES = 0xe000

/** All texts that begin with `prefix`, for an index that is in that order. */
export function keyRange(prefix: string): KeyRange {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  while (points.at(-1) === LAST) points.pop()
  const last = points.pop()
  if (last === undefined) return { from: prefix, to: null }
  // Half a character is none in UTF-8.
  const next = last === BEFORE_SURROGATES ? AFTER_SURROGATES : last + 1
  return { from: prefix, to: String.fromCodePoint(...points, next) }
}
