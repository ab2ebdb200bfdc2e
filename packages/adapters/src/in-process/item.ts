import type { Json, Revision } from '@evergrant/core'
import { corrupt } from '../store/failures.ts'

/** What a place keeps of an entry. */
export interface Item {
  readonly revision: Revision
  /** The value, as JSON text. */
  readonly text: string
}

const FORMAT = 'evergrant'
const VERSION = 1

const REPAIR = 'It was left as it is. Restore it from a backup, or take it away and log in again.'

/**
 * An item as plain data. The value is a text in it, since what reads data again may drop members (`__proto__`); the key
 * tells an item that was moved.
 */
export function formatItem(key: string, { revision, text }: Item): { readonly [name: string]: string | number } {
  return { format: FORMAT, version: VERSION, key, revision, value: text }
}

/** Reads what {@link formatItem} made; throws `store-corrupt` for anything else. */
export function parseItem(location: string, key: string, found: unknown): Item {
  if (typeof found !== 'object' || found === null) throw corrupt(location, `${location} is damaged`, REPAIR)
  const { format, version, key: owner, revision, value } = found as Record<string, unknown>
  if (format !== FORMAT) {
    const help = 'Another program wrote it, or it is damaged. It was left as it is.'
    throw corrupt(location, `${location} is not an entry of evergrant`, help)
  }
  if (typeof version === 'number' && version > VERSION) {
    const help = `Update evergrant: this version reads up to ${VERSION}. It was left as it is.`
    throw corrupt(location, `${location} was written by a newer evergrant (version ${version})`, help)
  }
  const whole = version === VERSION && typeof revision === 'string' && revision !== '' && typeof value === 'string'
  if (!whole || !isJson(value)) throw corrupt(location, `${location} is damaged`, REPAIR)
  if (owner !== key) throw corrupt(location, `${location} holds another entry`, REPAIR)
  return { revision, text: value }
}

export function valueOf({ text }: Item): Json {
  return JSON.parse(text) as Json
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
