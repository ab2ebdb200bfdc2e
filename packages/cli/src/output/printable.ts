const UNPRINTABLE = /\p{C}+/gu

/** A text from elsewhere, such as the name of an account, without what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, ' ').trim()
}
