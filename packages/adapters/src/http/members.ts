import * as z from 'zod/mini'

/**
 * A member of an answer, whatever it is. Servers in distress send anything, so each member is read on its own: one that
 * makes no sense counts as missing and spoils nothing else.
 */
export const member = z.optional(z.unknown())

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** An error code, which the API also writes as a number. */
export function asCode(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : asText(value)
}

const DECIMAL = /^\d+(?:\.\d+)?$/

/** A number of seconds, which some servers write as a text. */
export function asSeconds(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}
