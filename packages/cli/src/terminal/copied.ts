/** What went wrong when a credential was copied. It repeats nothing of the credential. */
export interface CopyFault {
  /** As in "It has …". */
  readonly what: string
  /** What to do about it, in a sentence. */
  readonly mend: string
  /** False if there might be a credential like this all the same. */
  readonly sure: boolean
}

// RFC 6749 appendix A: printable, without spaces.
const CREDENTIAL = /^[\x21-\x7e]+$/
const QUOTES = '["\'`\u00AB\u00BB\u2018-\u201F]'
const QUOTED = new RegExp(`^${QUOTES}|${QUOTES}$`)
const NO_BREAK = /[\u00A0\u2007\u202F]/
const UNSEEN = '\u00AD\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\uFEFF'
const UNSEEN_ANYWHERE = new RegExp(`[${UNSEEN}]`)
const UNSEEN_AROUND = new RegExp(`^[\\s${UNSEEN}]+|[\\s${UNSEEN}]+$`, 'g')

const SIGNS: readonly (readonly [sign: RegExp, what: string, mend: string])[] = [
  [/^(?:authorization: *)?bearer\s/i, 'the word "Bearer" in front of it', 'Copy what comes after that word.'],
  [/^(?:export )?[A-Z]+(?:_[A-Z]+)+=/, 'the name of a variable in front of it', 'Copy what comes after the =.'],
  [QUOTED, 'quotation marks around it', 'Copy what stands between them.'],
  [NO_BREAK, 'a no-break space in it, which looks like a space or like nothing', 'Copy it again.'],
  [UNSEEN_ANYWHERE, 'a character in it that cannot be seen', 'Copy it again.'],
  [/\s/, 'a space or a line break in it', 'Copy it again.'],
  [/[^\x21-\x7e]/, 'a character in it that none has', 'Copy it again; dots that hide it are not the text itself.'],
]

/** What was copied along with a credential, or got into it; `null` if nothing can be seen. */
export function copyFault(text: string): CopyFault | null {
  const [, what, mend] = SIGNS.find(([sign]) => sign.test(text)) ?? []
  return what === undefined || mend === undefined ? null : { what, mend, sure: !CREDENTIAL.test(text) }
}

/** Without white space at its ends, nor what cannot be seen there. */
export function trimCopied(text: string): string {
  return text.replace(UNSEEN_AROUND, '')
}
