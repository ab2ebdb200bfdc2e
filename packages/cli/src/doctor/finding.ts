import type { Ending } from '../output/exit-code.ts'

/** What was looked at. */
export type CheckName =
  | 'versions'
  | 'store'
  | 'files'
  | 'credentials'
  | 'refresh-token'
  | 'processes'
  | 'grant'
  | 'block'
  | 'budget'
  | 'last-success'
  | 'reachability'
  | 'user-agent'
  | 'clock'
  | 'login'
  | 'api'
  | 'scopes'
  | 'redirect-uri'
  | 'browser'

/**
 * - `ok`: as it should be
 * - `note`: good to know; nothing has to be done
 * - `warning`: works for now, or only here
 * - `error`: does not work, or is not safe, until something is done
 */
export type Level = 'ok' | 'note' | 'warning' | 'error'

/** Times in epoch ms, spans in ms. */
export type Facts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/** What one check came to. No secret is in it. */
export interface Finding {
  readonly check: CheckName
  readonly level: Level
  /** One sentence. */
  readonly title: string
  /** Why it is so, as far as it is known; empty where the title says it all. */
  readonly cause: string
  /** What to do, in order; empty where nothing is to be done. */
  readonly next: readonly string[]
  /** The page to open, if there is one. */
  readonly page: string | null
  readonly facts: Facts
  /** How the command ends if this is the worst of all: a row of the exit codes. */
  readonly ending: Ending
}

interface Told {
  readonly title: string
  readonly cause: string
  readonly next?: readonly string[]
  readonly page?: string | null
  readonly facts?: Facts
}

export function fine(check: CheckName, title: string, facts: Facts = {}): Finding {
  return finding(check, 'ok', 'done', { title, cause: '', facts })
}

export function note(check: CheckName, told: Told): Finding {
  return finding(check, 'note', 'done', told)
}

export function warning(check: CheckName, told: Told): Finding {
  return finding(check, 'warning', 'warnings', told)
}

export function failure(check: CheckName, ending: Ending, told: Told): Finding {
  return finding(check, 'error', ending, told)
}

function finding(check: CheckName, level: Level, ending: Ending, told: Told): Finding {
  const { title, cause, next = [], page = null, facts = {} } = told
  return { check, level, title, cause, next, page, facts, ending }
}
