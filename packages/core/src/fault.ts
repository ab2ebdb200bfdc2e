import { EvergrantError, isEvergrantError } from './errors.ts'

/** A fault that no part of evergrant foresaw. Its text may quote anything, so only its kind goes on (P11). */
export function asFault(error: unknown): EvergrantError {
  if (isEvergrantError(error)) return error
  const name = error instanceof Error ? error.name : typeof error
  return new EvergrantError('internal', {
    message: `Something that should not fail did (${name})`,
    help: 'Look at the store or the credential source if it is your own; else report it.',
    details: { where: 'store or source' },
  })
}
