import type { Secret } from '@evergrant/core'
import { Hono, type Context } from 'hono'
import type { Arrival, Returned } from '../code-flow.ts'
import type { ClientInput } from '../login-ports.ts'
import type { PageAddress } from './address.ts'
import { ownForms, ownHost, refuse, smallBodies, strictHeaders } from './guards.ts'
import { finishedPage, formPage, refreshTokenPage, successPage, troublePage, type SuccessView } from './pages.ts'
import { createVisitors, type Visitor } from './visitors.ts'

/** What a login that worked leaves to show. */
interface PageSuccess extends Omit<SuccessView, 'formToken'> {
  readonly refreshToken: Secret
}

export interface RouteParts {
  readonly address: PageAddress
  readonly environment: string
  readonly authorizeOrigin: string
  /** What the form offers first. */
  readonly trade: boolean
  /** False where the login was begun elsewhere, and the browser only comes back here. */
  readonly form: boolean
  /** Begins a login; throws where the client cannot be one. */
  readonly begin: (client: ClientInput) => Promise<URL>
  readonly arrive: (callback: URL) => Promise<Arrival<PageSuccess>>
  /** Nobody needs the page any more. */
  readonly onFinished: () => void
}

/** Of an id or a secret: printable, without spaces (RFC 6749 appendix A.1 and A.2, less the space). */
const CLIENT_TEXT = /^[\x21-\x7e]+$/

/** The local page as a handler of requests. It holds one login, and what came of it. */
export function createRoutes(parts: RouteParts): (request: Request) => Response | Promise<Response> {
  const { address, environment } = parts
  const app = new Hono()
  const visitors = createVisitors()
  /** Who began the login; `null` where it was begun in the terminal. */
  let beginner: Visitor | null = null
  let result: Returned<PageSuccess> | null = null

  app.use(strictHeaders(parts.authorizeOrigin), ownHost(address), ownForms(address), smallBodies)

  app.get(address.callbackPath, async (context, next) => {
    const { searchParams } = new URL(context.req.url)
    if (!searchParams.has('state') && !searchParams.has('code') && !searchParams.has('error')) return next()
    const arrival = await parts.arrive(new URL(context.req.url))
    if (arrival.type === 'strange') return refuse(context, 400, 'The address was not made by the login under way.')
    if (arrival.type === 'repeated') return refuse(context, 400, 'This login has come back once already.')
    result = arrival
    // On, so that the code stays neither in the address bar nor in the history.
    return context.redirect('/result', 303)
  })

  app.get('/', (context) => {
    if (!parts.form || result?.type === 'done') return context.redirect('/result', 303)
    return context.html(showForm(context, { clientId: '', trade: parts.trade, problem: null }))
  })

  app.post('/', async (context) => {
    const form = await fields(context)
    const visitor = visitors.known(context)
    if (!parts.form || result?.type === 'done') return context.redirect('/result', 303)
    const given = { clientId: form('client_id').trim(), clientSecret: form('client_secret').trim() }
    const trade = form('scope') === 'trade'
    const again = (problem: string) =>
      context.html(showForm(context, { clientId: given.clientId, trade, problem }), 400)
    if (visitor?.take(form('form_token')) !== true) {
      return again('This form was sent once already, or has been open for too long. Please send it again.')
    }
    const problem = problemWith(given)
    if (problem !== null) return again(problem)
    beginner = visitor
    result = null
    const url = await parts.begin({ ...given, scopes: trade ? ['read', 'trade'] : ['read'] })
    return context.redirect(url.href, 303)
  })

  app.get('/result', (context) => {
    if (result === null) return parts.form ? context.redirect('/', 303) : refuse(context, 404, 'Nothing is here yet.')
    if (result.type === 'failed') return context.html(troublePage(result.explanation, parts.form))
    // Whoever comes back here from a login that began in the terminal has seen all there is.
    if (!parts.form) parts.onFinished()
    const formToken = beginnerOf(context)?.formToken() ?? null
    return context.html(successPage({ ...result.success, formToken }))
  })

  for (const path of ['/refresh-token', '/finish'] as const) {
    app.post(path, async (context) => {
      const form = await fields(context)
      const done = result?.type === 'done' ? result.success : null
      if (done === null || beginnerOf(context)?.take(form('form_token')) !== true) {
        return refuse(context, 403, 'This browser did not log in here, or the form was sent once already.')
      }
      parts.onFinished()
      return context.html(path === '/finish' ? finishedPage() : refreshTokenPage(done.refreshToken.reveal()))
    })
  }

  app.notFound((context) => refuse(context, 404, 'There is no such page.'))
  app.onError((_error, context) => context.html(troublePage(UNEXPECTED, false), 500))

  function showForm(context: Context, view: { clientId: string; trade: boolean; problem: string | null }) {
    const formToken = visitors.of(context).formToken()
    return formPage({ ...view, formToken, environment, redirectUri: address.redirectUri })
  }

  function beginnerOf(context: Context): Visitor | null {
    const visitor = visitors.known(context)
    return visitor === beginner ? visitor : null
  }

  return (request) => app.fetch(request)
}

const UNEXPECTED = {
  what: 'This page met a fault of its own.',
  why: 'Nothing was saved.',
  next: ['Press Ctrl-C in the terminal, and begin again.', 'If it happens again, report it.'],
}

/** The fields of a form; one that is missing or comes twice is empty. */
async function fields(context: Context): Promise<(name: string) => string> {
  const form = new URLSearchParams(await context.req.text())
  return (name) => {
    const [value = '', ...more] = form.getAll(name)
    return more.length === 0 ? value : ''
  }
}

function problemWith({ clientId, clientSecret }: Pick<ClientInput, 'clientId' | 'clientSecret'>): string | null {
  if (clientId === '' || clientSecret === '') return 'Please fill in both, the client ID and the client secret.'
  if (CLIENT_TEXT.test(clientId) && CLIENT_TEXT.test(clientSecret)) return null
  return 'There is a space or a line break in what was pasted. Please copy it again.'
}
