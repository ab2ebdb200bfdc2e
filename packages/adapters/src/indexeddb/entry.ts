import type { Revision } from '@evergrant/core'
import { corrupt } from '../store/failures.ts'
import type { SealedValue } from './seal.ts'

/** What lies in the object store `entries`, by key. */
export interface StoredForm extends SealedValue {
  readonly version: 1
  readonly revision: Revision
}

const HELP =
  'It was left as it is. Delete the entry, or the database (in the browser: site data, IndexedDB), and log in again.'

/** Throws `store-corrupt` for anything that this version did not write. */
export function checkEntry(location: string, key: string, found: unknown): StoredForm | null {
  if (found === undefined) return null
  if (typeof found !== 'object' || found === null) throw corrupt(location, `The entry ${key} is damaged`, HELP)
  const { version, revision, iv, sealed } = found as Partial<Record<keyof StoredForm, unknown>>
  if (typeof version === 'number' && version > 1) {
    const help = 'Reload the page, or update evergrant. It was left as it is.'
    throw corrupt(location, `The entry ${key} was written by a newer evergrant (version ${version})`, help)
  }
  const whole = version === 1 && typeof revision === 'string' && revision !== ''
  if (!whole || !(iv instanceof Uint8Array) || !(sealed instanceof ArrayBuffer)) {
    throw corrupt(location, `The entry ${key} is damaged`, HELP)
  }
  return found as StoredForm
}
