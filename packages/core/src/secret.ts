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
/** What is looked at of a longer text; blotted out, it may shrink to less than is kept. */
const MOST_LOOKED_AT = 10 * LONGEST_FOREIGN_TEXT
/** Characters of a secret in a row that are blotted out: one that is cut short is a secret still. */
const SHORTEST_FRAGMENT = 12
const UNPRINTABLE = /\p{C}+/gu

/**
 * Makes a text from elsewhere (a server's error description) fit for an error message: known secrets that it echoes,
 * whole or in part, as they are or encoded, are blotted out, control characters folded, and at most 200 characters kept.
 */
export function redact(text: string, secrets: readonly (Secret | undefined)[]): string {
  const forms = secrets.flatMap((known) => formsOf(known?.reveal() ?? ''))
  const clean = withoutFragments(text.slice(0, MOST_LOOKED_AT), forms).replace(UNPRINTABLE, ' ').trim()
  return clean.length > LONGEST_FOREIGN_TEXT ? `${clean.slice(0, LONGEST_FOREIGN_TEXT)}…` : clean
}

/** How a secret may be written down by whoever received it: in a form, a URL, JSON, a header of Basic authentication. */
function formsOf(text: string): readonly string[] {
  if (text === '') return []
  const form = new URLSearchParams([['', text]]).toString().slice(1)
  const url = form.replaceAll('+', '%20').replaceAll(/%(?:21|27|28|29|7E)/g, decodeURIComponent)
  const bytes = utf8ToBytes(text)
  const hex = bytesToHex(bytes)
  const base64 = [0, 1, 2].map((before) => base64Within(bytes, before))
  const base64url = base64.map((encoded) => encoded.replaceAll('+', '-').replaceAll('/', '_'))
  // What is encoded of a short secret is so short that it would be found in other words.
  const encoded = [hex, hex.toUpperCase(), ...base64, ...base64url].filter(({ length }) => length >= SHORTEST_FRAGMENT)
  return [...new Set([text, form, url, JSON.stringify(text).slice(1, -1), ...encoded])]
}

/** What base64 of a longer text says of these bytes alone, after so many others: three bytes make four characters. */
function base64Within(bytes: Uint8Array, before: number): string {
  const padded = [...new Uint8Array(before), ...bytes]
  const whole = btoa(String.fromCharCode(...padded))
  return whole.slice(Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6))
}

/** Found in all forms before any is blotted out: one secret may lie within another, one form look like the next. */
function withoutFragments(text: string, forms: readonly string[]): string {
  const told = new Set<number>()
  for (const form of forms) {
    const least = Math.min(SHORTEST_FRAGMENT, form.length)
    for (let at = 0; at + least <= text.length; at += 1) {
      if (!form.includes(text.slice(at, at + least))) continue
      for (let index = at; index < at + least; index += 1) told.add(index)
    }
  }
  let clean = ''
  for (let at = 0; at < text.length; at += 1) {
    if (!told.has(at)) clean += text.charAt(at)
    else if (!told.has(at - 1)) clean += REDACTED
  }
  return clean
}
