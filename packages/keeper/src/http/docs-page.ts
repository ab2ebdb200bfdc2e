import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import type { Route } from './route.ts'

export interface DocsPage {
  readonly html: string | Promise<string>
  readonly headers: Readonly<Record<string, string>>
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; background: #fff }
code { font: 14px/1.4 ui-monospace, monospace }
article { border-top: 1px solid #ccc; padding: .75rem 0 }
h2 { font-size: 1rem; margin: 0 }
h2 code { font-weight: 600; font-size: 15px }
p, dl { margin: .25rem 0 }
dt { float: left; clear: left; width: 9rem; color: #555 }
dd { margin-left: 9.5rem }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #151515 } dt { color: #999 } article { border-color: #444 } }
`

/** The routes on one page, made from what the document is made of. It runs nothing and loads nothing. */
export function docsPage(routes: readonly Route[], version: string): DocsPage {
  const digest = createHash('sha256').update(STYLE).digest('base64')
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>evergrant keeper</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <h1>evergrant keeper ${version}</h1>
        <p>
          Live access tokens for many accounts. Send an API key as <code>Authorization: Bearer egk_…</code> or
          <code>X-API-Key</code>. For programs: <a href="/openapi.json">/openapi.json</a>. Whatever goes wrong is told
          as <code>application/problem+json</code> (RFC 9457) with a <code>code</code> and a line of <code>help</code>.
        </p>
        ${routes.map((route) => article(route))}
      </body>
    </html> `
  return {
    html: page,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  }
}

function article({ method, path, access, summary, description, query, body, documented, answers }: Route) {
  const who =
    access === 'open' ? 'anybody' : access === 'any' ? 'any key' : `a key with the scope ${access.join(' or ')}`
  const asked = Object.keys((documented?.query ?? query)?.shape ?? {})
  const sent = Object.keys(body?.shape ?? {})
  const headers = Object.keys(documented?.headers?.shape ?? {})
  return html`<article>
    <h2><code>${method === 'all' ? 'ANY' : method.toUpperCase()} ${path}</code></h2>
    <p><strong>${withCode(summary)}.</strong> ${withCode(description ?? '')}</p>
    <dl>
      <dt>for</dt>
      <dd>${who}</dd>
      ${row('query', asked)}${row('headers', headers)}${row('body', sent)}
      ${Object.entries(answers).map(
        ([status, { description: text }]) =>
          html`<dt>${status}</dt>
            <dd>${withCode(text)}</dd>`,
      )}
    </dl>
  </article> `
}

/** What stands between backticks is code, as in Markdown. */
function withCode(text: string) {
  return text.split('`').map((part, place) => (place % 2 === 1 ? html`<code>${part}</code>` : part))
}

function row(name: string, values: readonly string[]) {
  return values.length === 0
    ? ''
    : html`<dt>${name}</dt>
        <dd><code>${values.join(', ')}</code></dd>`
}
