import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/**
 * A value that no serializer reaches. Logging, `JSON.stringify`, `util.inspect`, `structuredClone` and string
 * concatenation show `[secret]` or nothing; only {@link Secret.reveal} gives the text.
 */
export interface Secret {
  /** The text itself. Call it where the text is sent, and nowhere else. */
  reveal(): string
  toString(): string
  toJSON(): string
}

const REDACTED = '[secret]'

class SealedSecret implements Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  // The hook of Node's util.inspect, by its registered symbol, so that core needs no Node import.
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED
  }
}

/** Seals a text; a secret given in is given back. */
export function secret(text: string | Secret): Secret {
  return typeof text === 'string' ? new SealedSecret(text) : text
}

/** True for anything that behaves as a {@link Secret}, also one made by another copy of this package. */
export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Secret>).reveal === 'function'
}

/**
 * A one-way mark of one or more secrets, 32 hexadecimal digits. Equal marks mean equal secrets; it is safe to store
 * and to show. Synchronous, so that a run on a virtual clock is repeatable to the event (P16).
 */
export function fingerprint(...parts: readonly (string | Secret | undefined)[]): string {
  const text = parts.map((part) => (part === undefined ? '-' : `+${typeof part === 'string' ? part : part.reveal()}`))
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(text)))).slice(0, 32)
}

const LONGEST_FOREIGN_TEXT = 200
const UNPRINTABLE = /\p{C}+/gu

/**
 * Makes a text from elsewhere (a server's error description) fit for an error message: known secrets that it echoes
 * are blotted out, control characters folded, and at most 200 characters kept.
 */
export function redact(text: string, secrets: readonly (Secret | undefined)[]): string {
  const values = secrets.map((known) => known?.reveal() ?? '').filter((value) => value !== '')
  let clean = text
  // The longest first: one secret may lie within another.
  for (const value of values.toSorted((a, b) => b.length - a.length)) clean = clean.replaceAll(value, REDACTED)
  clean = clean.replace(UNPRINTABLE, ' ').trim()
  return clean.length > LONGEST_FOREIGN_TEXT ? `${clean.slice(0, LONGEST_FOREIGN_TEXT)}…` : clean
}
