import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Loaded before the tests by `npm run test:unlikely`: chance falls as it hardly ever does. `Math.random` mostly gives an end
 * of its range, and many random bytes are such that base64url writes `-` and `_`. A test that fails once in two thousand
 * runs is likely to fail here, while twenty runs of the suite would not show it.
 */

/** How often either end comes. Not oftener: the runner makes names of its own with it, which must differ. */
const SHARE = 0.4
/** Of the bytes; secrets must still differ from each other. */
const SHARE_OF_MARKS = 0.5
const ALMOST_ONE = 1 - 2 ** -53
const MARKS = [0xbe, 0xbf, 0xef, 0xfb, 0xfe, 0xff] as const

const usual = Math.random
Math.random = () => {
  const drawn = usual()
  if (drawn < SHARE) return 0
  return drawn > 1 - SHARE ? ALMOST_ONE : usual()
}

function marked<Bytes extends NodeJS.ArrayBufferView>(bytes: Bytes): Bytes {
  const each = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (const [at, byte] of each.entries()) {
    if (usual() < SHARE_OF_MARKS) each[at] = MARKS[byte % MARKS.length] ?? byte
  }
  return bytes
}

const { randomBytes: drawBytes } = crypto
function randomBytes(size: number, done?: (error: null, bytes: Buffer) => void): Buffer | undefined {
  const bytes = marked(drawBytes(size))
  if (done === undefined) return bytes
  queueMicrotask(() => done(null, bytes))
  return undefined
}
Object.assign(crypto, { randomBytes })
syncBuiltinESMExports()

const { webcrypto } = crypto
const getRandomValues = webcrypto.getRandomValues.bind(webcrypto)
Object.defineProperty(globalThis.crypto, 'getRandomValues', {
  configurable: true,
  value: (bytes: Uint8Array) => marked(getRandomValues(bytes)),
})
