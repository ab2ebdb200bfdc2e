import { formsOf, readings, type SecretForm } from './forms.ts'

/** Characters in a row that count as a leak: a secret cut short is one still. Shorter secrets count whole. */
export const SHORTEST_FRAGMENT = 12

// Of every fragment that counts, at least one piece is in the index: pieces begin at every seventh character.
const PIECE = 6
const STRIDE = SHORTEST_FRAGMENT - PIECE + 1

/** A part of a secret within a text. */
export interface Fragment {
  readonly secret: string
  readonly form: string
  /** Characters in a row, in that form. */
  readonly length: number
}

/** Finds secrets and parts of them in texts. */
export interface FragmentIndex {
  add(secret: string): void
  /** The longest fragment of each secret. */
  find(text: string): readonly Fragment[]
}

interface Piece {
  readonly secret: string
  readonly form: SecretForm
  readonly at: number
}

// Texts are long and almost all of them hold nothing: a look into a table spares most pieces of them the map.
const BUCKETS = 2 ** 18
const BASE = 61
const BASE_OF_FIRST = BASE ** (PIECE - 1)

function bucketOf(text: string, at: number): number {
  let bucket = 0
  for (let offset = 0; offset < PIECE; offset += 1) bucket = withNext(bucket, text.charCodeAt(at + offset))
  return bucket
}

function withNext(bucket: number, code: number): number {
  return (Math.imul(bucket, BASE) + code) & (BUCKETS - 1)
}

/** The bucket of the piece at `at`, from that of the piece before it: every character is read twice, and not six times. */
function nextBucket(bucket: number, text: string, at: number): number {
  const rest = bucket - Math.imul(text.charCodeAt(at - 1), BASE_OF_FIRST)
  return withNext(rest, text.charCodeAt(at + PIECE - 1))
}

export function createFragmentIndex(): FragmentIndex {
  const pieces = new Map<string, Piece[]>()
  const filled = new Uint8Array(BUCKETS)

  function longestIn(text: string, found: Map<string, Fragment>): void {
    let bucket = bucketOf(text, 0)
    for (let at = 0; at + PIECE <= text.length; at += 1) {
      if (at > 0) bucket = nextBucket(bucket, text, at)
      if (filled[bucket] === 0) continue
      for (const piece of pieces.get(text.slice(at, at + PIECE)) ?? []) {
        const { secret, form } = piece
        const length = commonLength(text, at, piece)
        if (length < Math.min(SHORTEST_FRAGMENT, form.text.length)) continue
        if (length > (found.get(secret)?.length ?? 0)) found.set(secret, { secret, form: form.name, length })
      }
    }
  }

  return {
    add(secret) {
      for (const form of formsOf(secret)) {
        for (let at = 0; at + PIECE <= form.text.length; at += STRIDE) {
          const text = form.text.slice(at, at + PIECE)
          filled[bucketOf(text, 0)] = 1
          const known = pieces.get(text)
          if (known === undefined) pieces.set(text, [{ secret, form, at }])
          else known.push({ secret, form, at })
        }
      }
    },
    find(text) {
      const found = new Map<string, Fragment>()
      for (const reading of readings(text)) longestIn(reading, found)
      return [...found.values()]
    },
  }
}

/** How far text and form agree around the piece that they share. */
function commonLength(text: string, at: number, piece: Piece): number {
  const form = piece.form.text
  let start = 0
  while (at - start > 0 && piece.at - start > 0 && text[at - start - 1] === form[piece.at - start - 1]) start += 1
  let end = PIECE
  while (at + end < text.length && piece.at + end < form.length && text[at + end] === form[piece.at + end]) end += 1
  return start + end
}
