import { invalidOptions, type Json } from '@evergrant/core'

/** Taken before anything is awaited, so that what the caller does to the value afterwards changes nothing. */
export function jsonText(value: Json): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (error) {
    throw invalidOptions('value', `is not JSON (${(error as Error).name})`, 'Pass plain data without cycles.')
  }
  if (text === undefined) throw invalidOptions('value', 'is not JSON', 'Pass plain data.')
  return text
}
