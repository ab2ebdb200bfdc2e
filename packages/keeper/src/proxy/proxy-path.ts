/** Printable ASCII of a path and a query (RFC 3986), without what means something else to some servers. */
const PLAIN = /^[\w.~!$&'()*+,;=:@%/?-]*$/
const CONTROL = /\p{Cc}/u
const ESCAPE = /%[0-9a-f]{2}/i

/**
 * The place of the API that a path means, or `null` for one that might mean another. Everything is looked at as it was
 * written and as it reads once it is decoded, since some servers decode before they look: no `.` or `..`, no empty segment,
 * no backslash, no control character, nothing that is encoded twice, and the URL parser must have nothing to change. A
 * single encoded slash within a segment stays: symbols of instruments have some.
 *
 * `base` is an origin with a path or none; `rest` is what follows it, with its query, from the slash on.
 */
export function proxyTarget(base: string, rest: string): string | null {
  if (!rest.startsWith('/') || !PLAIN.test(rest)) return null
  const at = rest.indexOf('?')
  const path = at < 0 ? rest : rest.slice(0, at)
  const query = at < 0 ? '' : rest.slice(at + 1)
  const decodedPath = decode(path)
  const decodedQuery = decode(query.replaceAll('+', ' '))
  if (decodedPath === null || decodedQuery === null) return null
  if (ESCAPE.test(decodedPath) || decodedPath.includes('\\') || !plainSegments(decodedPath)) return null

  const wanted = `${base}${path}${at < 0 ? '' : `?${query}`}`
  const url = URL.parse(wanted)
  const root = new URL(base)
  // The quote is the one character above that the parser writes in another way, in a query.
  if (url === null || url.href.replaceAll('%27', "'") !== wanted.replaceAll('%27', "'")) return null
  const within = url.pathname.startsWith(root.pathname.endsWith('/') ? root.pathname : `${root.pathname}/`)
  return url.origin === root.origin && within && url.username === '' && url.password === '' ? url.href : null
}

function decode(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text)
    return CONTROL.test(decoded) ? null : decoded
  } catch {
    return null
  }
}

/** The last may be empty: a slash at the end. */
function plainSegments(path: string): boolean {
  const segments = path.slice(1).split('/')
  return segments.every((segment, place) => {
    if (segment === '') return place === segments.length - 1
    return segment !== '.' && segment !== '..' && !segment.startsWith('..;') && !segment.startsWith('.;')
  })
}
