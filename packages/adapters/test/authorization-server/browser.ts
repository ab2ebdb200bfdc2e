/** A person at a browser who signs in, and what they press on the page that asks for consent. */
export interface Person {
  readonly login: string
  /** Default `continue`. */
  readonly consent?: 'continue' | 'cancel'
}

interface Cookie {
  readonly value: string
  readonly path: string
}

interface Page {
  readonly url: URL
  readonly html: string
}

// The server redirects twice between two pages.
const MOST_REDIRECTS = 5

/**
 * Goes to the address where an authorization code flow begins, signs in on the server's pages, and gives the address
 * at the application to which the server sends the browser in the end.
 */
export async function signIn(authorize: URL, redirectUri: string, person: Person): Promise<URL> {
  const cookies = new Map<string, Cookie>()

  async function visit(start: URL, form?: URLSearchParams): Promise<URL | Page> {
    let url = start
    let init: RequestInit = form === undefined ? {} : { method: 'POST', body: form }
    for (let redirects = 0; redirects < MOST_REDIRECTS; redirects += 1) {
      if (url.href.startsWith(redirectUri)) return url
      const headers = { cookie: cookieHeader(cookies, url.pathname) }
      const response = await fetch(url, { ...init, headers, redirect: 'manual' })
      for (const line of response.headers.getSetCookie()) keep(cookies, line)
      const html = await response.text()
      const location = response.headers.get('location')
      if (location === null) return { url, html }
      url = new URL(location, url)
      init = {}
    }
    throw new Error('The server redirects without end')
  }

  let seen = await visit(authorize)
  if ('html' in seen && hasField(seen, 'login')) {
    seen = await visit(...submission(seen, { login: person.login, password: 'any' }))
  }
  if ('html' in seen) {
    seen = await (person.consent === 'cancel' ? visit(cancelLink(seen)) : visit(...submission(seen, {})))
  }
  if ('html' in seen) throw new Error(`The server shows another page: ${seen.html}`)
  return seen
}

function keep(cookies: Map<string, Cookie>, line: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
  const [, path = '/'] = /;\s*path=([^;]*)/i.exec(line) ?? []
  if (value === '') cookies.delete(name)
  else cookies.set(name, { value, path })
}

function cookieHeader(cookies: ReadonlyMap<string, Cookie>, pathname: string): string {
  const meant = [...cookies].filter(([, { path }]) => pathname.startsWith(path))
  return meant.map(([name, { value }]) => `${name}=${value}`).join('; ')
}

const hasField = ({ html }: Page, name: string) => html.includes(`name="${name}"`)

/** The form of a page, with its hidden fields and these. */
function submission({ url, html }: Page, fields: Readonly<Record<string, string>>): [URL, URLSearchParams] {
  const [, action = ''] = /<form[^>]* action="([^"]+)"/.exec(html) ?? []
  const hidden = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
  const form = new URLSearchParams(hidden.map(([, name = '', value = '']) => [name, value]))
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  return [new URL(action, url), form]
}

function cancelLink({ url, html }: Page): URL {
  const [, link = ''] = /<a href="([^"]+\/abort)"/.exec(html) ?? []
  return new URL(link, url)
}
