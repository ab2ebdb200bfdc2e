import { invalidOptions } from '@evergrant/core'

/** Throws `invalid-options` for an option that does not exist: a misspelt one would pass for its default. */
export function checkKnownOptions(options: object, known: readonly string[]): void {
  if (typeof options !== 'object')
    throw invalidOptions('options', 'are no object', `Known options: ${known.join(', ')}.`)
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw invalidOptions(name, 'no such option', `Known options: ${known.join(', ')}.`)
  }
}
