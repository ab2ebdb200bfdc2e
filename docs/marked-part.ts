/** A part of a document that is made by a program, between two comments that readers do not see. */
export interface MarkedPart {
  /** In a word, e.g. `diagram`. */
  readonly what: string
  /** How and from what it is made. */
  readonly origin: string
}

/** The document with this content between the markers of the part. Throws if they are not there. */
export function fillPart(text: string, { what, origin }: MarkedPart, content: string): string {
  const begin = `<!-- ${what}: ${origin} -->`
  const end = `<!-- /${what} -->`
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`Put ${begin} and ${end} where the ${what} belongs`)
  return `${text.slice(0, from)}${begin}${content}${text.slice(to)}`
}
