import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

const PLAIN = /[a-z0-9-]/
/** File names end at 255 bytes, and drivers add something of their own. */
const LONGEST = 140
const KEPT = 60

/**
 * The name of an entry in a place that may fold case, read `:` and `/` as folders, and refuse dots or long names: small
 * letters, digits and `-` stay, `/` becomes `__`, any other byte of UTF-8 `_` and two hexadecimal digits. A long name
 * ends in `_x` and its SHA-256. Different keys have different names.
 */
export function itemName(key: string): string {
  if (key === '') return '_'
  let name = ''
  for (const byte of utf8ToBytes(key)) {
    const letter = String.fromCharCode(byte)
    if (letter === '/') name += '__'
    else name += PLAIN.test(letter) ? letter : `_${byte.toString(16).padStart(2, '0')}`
  }
  return name.length <= LONGEST ? name : `${name.slice(0, KEPT)}_x${bytesToHex(sha256(utf8ToBytes(key)))}`
}
