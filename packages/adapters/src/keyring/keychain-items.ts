import type { Items } from '../in-process/item-store.ts'
import { formatItem, parseItem } from '../in-process/item.ts'
import { corrupt } from '../store/failures.ts'
import type { Keychain } from './keychain.ts'

export interface KeychainItemsOptions {
  readonly keychain: Keychain
  readonly service: string
  readonly nameOf: (key: string) => string
  /** Bytes that one item of the keychain takes. */
  readonly itemBytes: number
}

type Side = 'a' | 'b'

/** What lies under the name of an entry that was cut. */
interface Head {
  readonly revision: string
  readonly side: Side
  readonly parts: number
  /** Of all parts together, without their marks. */
  readonly bytes: number
}

const SIDES: readonly Side[] = ['a', 'b']
const DAMAGED = 'It was left as it is. Take it away in the keychain and log in again.'

/**
 * Entries of any size in items of a limited one. A small entry is one item, so the keychain replaces it as a whole. A
 * bigger one is cut: its parts are written first, on the side (`#a`, `#b`) that the present entry does not use, and the
 * one item that tells the side and their number comes last. A kill in between leaves the entry as it was, and the next
 * write takes away whatever else it left. Each part begins with the revision it belongs to.
 */
export function keychainItems({ keychain, service, nameOf, itemBytes }: KeychainItemsOptions): Items {
  /** `undefined` if there is none. */
  async function readHead(name: string): Promise<unknown> {
    const bytes = await keychain.get(name)
    return bytes === null ? undefined : parseBytes(locationOf(service, name), bytes)
  }

  async function joinParts(name: string, { revision, side, parts, bytes }: Head): Promise<Uint8Array> {
    const mark = markOf(revision)
    const pieces: Uint8Array[] = []
    for (let index = 0; index < parts; index += 1) {
      const piece = await keychain.get(partName(name, side, index))
      if (piece === null || mark.some((byte, at) => piece[at] !== byte)) {
        throw corrupt(locationOf(service, name), `${locationOf(service, name)} misses a part`, DAMAGED)
      }
      pieces.push(piece.subarray(mark.length))
    }
    const whole = joined(pieces)
    if (whole.length !== bytes) throw corrupt(locationOf(service, name), `${locationOf(service, name)} is cut`, DAMAGED)
    return whole
  }

  /** The last one first, so that a kill leaves no gap: what follows a gap would never be found. */
  async function clearParts(name: string, side: Side, from: number): Promise<void> {
    let end = from
    while ((await keychain.get(partName(name, side, end))) !== null) end += 1
    for (let index = end - 1; index >= from; index -= 1) await keychain.remove(partName(name, side, index))
  }

  async function saveParts(
    name: string,
    bytes: Uint8Array,
    { revision, side }: Pick<Head, 'revision' | 'side'>,
  ): Promise<number> {
    const mark = markOf(revision)
    const room = itemBytes - mark.length
    const parts = Math.ceil(bytes.length / room)
    for (let index = 0; index < parts; index += 1) {
      const piece = bytes.subarray(index * room, (index + 1) * room)
      await keychain.set(partName(name, side, index), joined([mark, piece]))
    }
    const head = { format: 'evergrant', version: 1, revision, side, parts, bytes: bytes.length }
    await keychain.set(name, utf8(JSON.stringify(head)))
    return parts
  }

  return {
    async load(key) {
      const name = nameOf(key)
      const location = locationOf(service, name)
      const head = await readHead(name)
      if (head === undefined) return null
      if (!isHead(head)) return parseItem(location, key, head)
      const item = parseItem(location, key, parseBytes(location, await joinParts(name, head)))
      if (item.revision !== head.revision) throw corrupt(location, `${location} is damaged`, DAMAGED)
      return item
    },
    async save(key, item, previous) {
      const name = nameOf(key)
      const bytes = utf8(JSON.stringify(formatItem(key, item)))
      const head = previous === null ? undefined : await readHead(name)
      const side = isHead(head) && head.side === 'a' ? 'b' : 'a'
      const divided = bytes.length > itemBytes
      const parts = divided ? await saveParts(name, bytes, { revision: item.revision, side }) : 0
      if (!divided) await keychain.set(name, bytes)
      for (const each of SIDES) await clearParts(name, each, each === side ? parts : 0)
    },
    async remove(key) {
      const name = nameOf(key)
      await keychain.remove(name)
      for (const side of SIDES) await clearParts(name, side, 0)
    },
  }
}

function isHead(head: unknown): head is Head {
  if (typeof head !== 'object' || head === null) return false
  const { format, version, revision, side, parts, bytes } = head as Record<string, unknown>
  if (format !== 'evergrant' || version !== 1 || typeof revision !== 'string') return false
  return (side === 'a' || side === 'b') && isCount(parts) && isCount(bytes)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}

function parseBytes(location: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown
  } catch {
    // Without the cause: a parser quotes what it could not read, and that may be a secret.
    throw corrupt(location, `${location} is damaged`, DAMAGED)
  }
}

function locationOf(service: string, name: string): string {
  return `${service}/${name}`
}

function partName(name: string, side: Side, index: number): string {
  return `${name}#${side}${index}`
}

function markOf(revision: string): Uint8Array {
  return utf8(`${revision}:`)
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
