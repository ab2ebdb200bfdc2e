import type { Json, Revision } from '@evergrant/core'
import { corrupt } from '../store/failures.ts'

/** One account or ledger of the file. */
interface FileEntry {
  readonly revision: Revision
  readonly value: Json
}

/** What a store file says, by key. A `Map`, since a key may be `__proto__`. */
export type FileDocument = ReadonlyMap<string, FileEntry>

const FORMAT = 'evergrant'
const VERSION = 1

const REPAIR =
  'The file was left as it is, and nothing is written to it. Restore it from a backup, or move it away and log in again.'

/**
 * Reads the text of a store file; throws `store-corrupt` for anything that this version did not write. Checked by hand:
 * schema libraries drop a key named `__proto__`, and a dropped entry would be deleted by the next write.
 */
export function parseDocument(location: string, bytes: Uint8Array): FileDocument {
  const document = parseObject(location, bytes)
  if (document['format'] !== FORMAT) {
    const help = 'Another program wrote it: choose another path. The file was left as it is.'
    throw corrupt(location, `${location} is not a file of evergrant`, help)
  }
  const { version } = document
  if (typeof version === 'number' && version > VERSION) {
    const help = `Update evergrant: this version reads up to ${VERSION}. The file was left as it is.`
    throw corrupt(location, `${location} was written by a newer evergrant (version ${version} of the file)`, help)
  }
  const entries = document['entries']
  if (version !== VERSION || !isObject(entries)) throw corrupt(location, `${location} is damaged`, REPAIR)
  return new Map(Object.entries(entries).map(([key, entry]) => [key, parseEntry(location, entry)]))
}

/** Pretty-printed, with a line break at the end, so that people can read and compare it. */
export function formatDocument(document: FileDocument): string {
  const members = { format: FORMAT, version: VERSION, entries: Object.fromEntries(document) }
  return `${JSON.stringify(members, null, 2)}\n`
}

function parseObject(location: string, bytes: Uint8Array): Record<string, Json> {
  // This store never leaves an empty file, so whatever emptied it may have taken credentials and the memory of a block
  // with it. Starting afresh in silence would hide that.
  if (bytes.length === 0) {
    const help = 'If it was made by hand and never held anything, delete it; otherwise restore it from a backup.'
    throw corrupt(location, `${location} is empty`, help)
  }
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    // Without the cause: a parser quotes what it could not read, and that may be a secret.
    throw corrupt(location, `${location} is not whole: it is no JSON`, REPAIR)
  }
  if (!isObject(document)) throw corrupt(location, `${location} is damaged`, REPAIR)
  return document
}

function parseEntry(location: string, entry: Json): FileEntry {
  if (isObject(entry)) {
    const { revision, value } = entry
    if (typeof revision === 'string' && revision !== '' && value !== undefined) return { revision, value }
  }
  throw corrupt(location, `${location} has an entry without revision or value`, REPAIR)
}

function isObject(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
