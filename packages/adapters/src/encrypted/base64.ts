/** As many bytes as `String.fromCharCode` takes at once on every platform. */
const CHUNK = 8_192

/** Where there is one, it is many times as quick as what is everywhere, and a store seals and opens with each call. */
const nodeBuffer = 'Buffer' in globalThis ? globalThis.Buffer : null

export function toBase64(bytes: Uint8Array): string {
  if (nodeBuffer !== null) return nodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  let binary = ''
  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  return btoa(binary)
}

/** `null` for anything that {@link toBase64} does not write, also where other readers are generous: one text, one value. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = nodeBuffer === null ? readAnywhere(text) : readInNode(nodeBuffer, text)
  return bytes !== null && toBase64(bytes) === text ? bytes : null
}

/** Into memory of its own: what a buffer of Node is cut from holds other things too. */
function readInNode(buffer: typeof Buffer, text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(buffer.byteLength(text, 'base64'))
  buffer.from(bytes.buffer).write(text, 'base64')
  return bytes
}

function readAnywhere(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  } catch {
    return null
  }
}
