/**
 * An answer that does not arrive whole. `sent` is what gets out of `head`, if there is one; then the connection breaks,
 * or nothing more comes.
 */
export interface PartialAnswer {
  readonly ends: 'breaks' | 'stalls'
  readonly head?: { readonly status: number; readonly headers: Headers; readonly sent: string }
}

/** What leaves the fake: an answer, or less than that. */
export type Delivery = Response | PartialAnswer

export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  })
}

/**
 * An error of the token endpoint: the key is `error_code`, not the `error` of RFC 6749 (docs/protocol.md#token-errors).
 */
export function oauthError(code: string, description: string, status = 400): Response {
  return jsonAnswer(status, { error_code: code, error_description: description })
}

/** An error of the API, in its envelope (docs/protocol.md#api-errors). */
export function apiError(status: number, code: string, message: string): Response {
  return jsonAnswer(status, { error: { code, message } })
}

export function emptyAnswer(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers })
}

export function htmlAnswer(status: number, html: string): Response {
  return new Response(html, { status, headers: { 'content-type': 'text/html' } })
}

/** Makes a text safe between tags and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** The page of the web server that stands in front of the API (docs/protocol.md#headers). */
export function edgePage(status: 401 | 403): Response {
  const title = status === 401 ? '401 Authorization Required' : '403 Forbidden'
  return htmlAnswer(
    status,
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
  )
}

/** True for the user agents that the edge turns away: none at all, and the bare default of Node. */
export function edgeRefuses(userAgent: string | null): boolean {
  return userAgent === null || userAgent === '' || userAgent === 'node'
}
