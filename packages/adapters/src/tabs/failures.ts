import { isEvergrantError } from '@evergrant/core'
import { unavailable } from '../store/failures.ts'

const HELP_BY_NAME: Readonly<Record<string, string>> = {
  QuotaExceededError:
    'The storage of this origin is full. Free some of it; nothing was lost, what was stored is as it was.',
  SecurityError:
    'The browser keeps storage from this page: blocked site data, a sandboxed frame, or a page without an origin. Allow ' +
    'site data for this origin, or use memoryStore(), which ends with the page.',
  NotAllowedError: 'The browser refuses this page its storage. Allow site data, or use memoryStore().',
  DataCloneError: 'This browser, perhaps in private browsing, does not keep keys. Use memoryStore() there.',
  InvalidStateError:
    'The page is closing, or the browser (perhaps in private browsing) gives it no storage. Use memoryStore() there.',
  UnknownError: 'The browser could not reach its own storage: a full disk, or a damaged profile.',
}

/** The name of what the platform threw, e.g. `QuotaExceededError`. Never its message, which may quote what was stored. */
export function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : 'unknown'
}

/** What the platform threw, as `store-unavailable`; errors of our own stay as they are. */
export function refused(location: string, step: string, error: unknown): Error {
  if (isEvergrantError(error)) return error
  const name = nameOf(error)
  const help = HELP_BY_NAME[name] ?? 'The name in brackets says what the browser refused.'
  return unavailable(location, `Cannot ${step} ${location} (${name})`, help)
}
