import { invalidOptions } from '@evergrant/core'

/** Throws `invalid-options` for what is no object, and for an option that does not exist: a misspelt one would pass for its default. */
export function checkKnownOptions(options: object, known: readonly string[]): void {
  const help = `Known options: ${known.join(', ')}.`
  if (Object(options) !== options) throw invalidOptions('options', 'not an object', help)
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw invalidOptions(name, 'no such option', help)
  }
}
