import { FAQ } from '../../login/website.ts'
import { fine, warning, type Finding } from '../finding.ts'
import type { ApiAnswer } from '../try-api.ts'

/** Whether the API takes the token. */
export function checkApi(answer: ApiAnswer | null, apiBaseUrl: string): Finding {
  const facts = { status: answer?.status ?? null }
  if (answer === null) {
    return warning('api', {
      title: `${apiBaseUrl} gave no answer to a request with the token.`,
      cause: 'The connection broke, or the answer took too long. The token is not in question.',
      next: ['Try again in a few minutes.'],
      facts,
    })
  }
  const { status, json } = answer
  if (status < 400) return fine('api', 'The API takes the token.', facts)
  if (status === 401 && json) {
    return warning('api', {
      title: 'The API refuses the token (401), though it is not over.',
      cause: 'It was taken back before its time; for example because the grant was deleted.',
      next: [
        'Run: evergrant refresh',
        'Is that refused too? Then the grant is revoked: make a new one, and run evergrant login.',
      ],
      facts,
    })
  }
  if (status === 401 || status === 403) {
    return warning('api', {
      title: json
        ? 'The API does not let this login in (403).'
        : `Something in front of the API refuses the request (${status}).`,
      cause: json
        ? 'The token is good, and lacks the scope, or the customer the right, for the most ordinary request.'
        : 'A firewall or proxy does not like the request or its User-Agent. The token is not in question.',
      next: json
        ? ['Make a grant with the scope "read", and run evergrant login.']
        : ['Send a User-Agent of the form name/version, such as my-bot/1.0.', 'Switch off a VPN or proxy.'],
      page: FAQ,
      facts,
    })
  }
  return warning('api', {
    title: `The API has trouble of its own just now (HTTP ${status}).`,
    cause: 'Neither the token nor the login is in question.',
    next: ['Wait a few minutes, and try again.'],
    facts,
  })
}
