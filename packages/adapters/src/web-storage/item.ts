import type { Json, Revision } from '@evergrant/core'
import { corrupt } from '../store/failures.ts'

/** What lies in Web Storage under one name. */
export interface Item {
  /** Grows with each write, so that a tab can tell whether it sees the newest. */
  readonly count: number
  readonly revision: Revision
  /** Left out once the entry is deleted: the count goes on. */
  readonly value?: Json
}

const VERSION = 1
const REPAIR =
  'It was left as it is. Mend it, or remove it (in the browser: site data, local storage) and log in again.'

export function formatItem({ count, revision }: Omit<Item, 'value'>, value: string | null): string {
  const head = `{"version":${VERSION},"count":${count},"revision":${JSON.stringify(revision)}`
  return value === null ? `${head}}` : `${head},"value":${value}}`
}

/** Throws `store-corrupt` for anything that this version did not write. Nothing of what it reads is in the error. */
export function parseItem(name: string, text: string): Item {
  let item: Partial<Record<string, Json>> | null
  try {
    item = JSON.parse(text) as typeof item
  } catch {
    throw corrupt(name, `The item ${name} is not whole: it is no JSON`, REPAIR)
  }
  if (typeof item !== 'object' || item === null) throw corrupt(name, `The item ${name} is damaged`, REPAIR)
  const { version, count, revision, value } = item
  if (typeof version === 'number' && version > VERSION) {
    const help = `Update evergrant: this version reads up to ${VERSION}. The item was left as it is.`
    throw corrupt(name, `The item ${name} was written by a newer evergrant (version ${version})`, help)
  }
  if (version !== VERSION || typeof count !== 'number' || typeof revision !== 'string' || revision === '') {
    throw corrupt(name, `The item ${name} is damaged`, REPAIR)
  }
  return { count, revision, ...(value === undefined ? {} : { value }) }
}
