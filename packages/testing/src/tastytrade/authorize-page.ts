import { emptyAnswer, escapeHtml, htmlAnswer } from './answers.ts'
import { narrowScopes, type AuthorizationCodes } from './authorization-codes.ts'
import type { Grants } from './grants.ts'
import type { Visit } from './visit.ts'

/** What a person can press. */
export type Decision = 'approve' | 'deny'

export interface AuthorizePageParts {
  readonly grants: Grants
  readonly codes: AuthorizationCodes
  /** Matched exactly. */
  readonly redirectUris: ReadonlySet<string>
}

interface Question {
  readonly redirectUri: string
  readonly state: string | null
  readonly scopes: readonly string[]
}

const SCOPES = ['read', 'trade', 'openid']
const HIDDEN = ['client_id', 'redirect_uri', 'response_type', 'scope', 'state']

/**
 * The page on which a person lets an application in, `GET` and `POST /auth.html` (docs/protocol.md#authorization). A
 * plain form, so that a test can press its buttons by posting it.
 */
export function createAuthorizePage({ grants, codes, redirectUris }: AuthorizePageParts): (visit: Visit) => Response {
  function wrongAddress(visit: Visit, text: string): Response {
    // Never a redirect: the address to go back to is just what cannot be trusted (RFC 6749 section 4.1.2.1).
    visit.line.note({ outcome: 'invalid-request' })
    return htmlAnswer(400, page('This link does not work', `<p>${escapeHtml(text)}</p>`))
  }

  function goBack({ redirectUri, state }: Question, result: Record<string, string>): Response {
    const location = new URL(redirectUri)
    for (const [name, value] of Object.entries(result)) location.searchParams.set(name, value)
    if (state !== null) location.searchParams.set('state', state)
    return emptyAnswer(302, { location: location.href })
  }

  function decide(visit: Visit, question: Question, decision: string | null): Response {
    if (decision === 'approve') {
      visit.line.note({ outcome: 'approved' })
      return goBack(question, { code: codes.issue(question.redirectUri, question.scopes) })
    }
    visit.line.note({ outcome: 'denied' })
    return goBack(question, { error: 'access_denied' })
  }

  return (visit) => {
    const posted = visit.request.method === 'POST'
    const asked = posted ? new URLSearchParams(visit.body ?? '') : visit.url.searchParams
    const redirectUri = asked.get('redirect_uri')
    if (asked.get('client_id') !== grants.clientId) return wrongAddress(visit, 'The client_id is not known.')
    if (redirectUri === null || !redirectUris.has(redirectUri)) {
      return wrongAddress(visit, 'The redirect_uri is not registered for this application. It must match exactly.')
    }
    const scopes = narrowScopes(asked.get('scope') ?? undefined, SCOPES)
    const question = { redirectUri, state: asked.get('state'), scopes: scopes ?? [] }
    if (asked.get('response_type') !== 'code') {
      visit.line.note({ outcome: 'invalid-request' })
      return goBack(question, { error: 'unsupported_response_type' })
    }
    if (scopes === null) {
      visit.line.note({ outcome: 'invalid-scope' })
      return goBack(question, { error: 'invalid_scope' })
    }
    if (posted) return decide(visit, question, asked.get('decision'))
    visit.line.note({ outcome: 'asked' })
    return htmlAnswer(200, approvalPage(asked, scopes))
  }
}

function approvalPage(asked: URLSearchParams, scopes: readonly string[]): string {
  const hidden = HIDDEN.flatMap((name) => {
    const value = asked.get(name)
    return value === null ? [] : [`<input type="hidden" name="${name}" value="${escapeHtml(value)}">`]
  })
  return page(
    'Let this application in?',
    `<p>It asks for: ${escapeHtml(scopes.join(', '))}</p>
<form method="post" action="/auth.html">
${hidden.join('\n')}
<button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button>
</form>`,
  )
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title} (fake tastytrade)</title></head>
<body>
<h1>${title}</h1>
${content}
</body>
</html>
`
}
