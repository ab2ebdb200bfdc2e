/** What a person does on the pages of a device login. */
export interface DevicePerson {
  readonly login: string
  /** Default false: the person confirms. */
  readonly declines?: boolean
}

interface Page {
  readonly url: URL
  readonly html: string
}

// The code, the confirmation, the login, the consent, and what lies between them.
const MOST_PAGES = 12

/** Goes to the address of a device login and does what its pages ask, until one has no form. Gives that page. */
export async function approveDevice(verificationUriComplete: string, person: DevicePerson): Promise<string> {
  const cookies = new Map<string, string>()

  async function visit(start: URL, form?: URLSearchParams): Promise<Page> {
    let url = start
    let init: RequestInit = form === undefined ? {} : { method: 'POST', body: form }
    for (let redirects = 0; redirects < MOST_PAGES; redirects += 1) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(url, { ...init, headers: { cookie }, redirect: 'manual' })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (value === '') cookies.delete(name)
        else cookies.set(name, value)
      }
      const html = await response.text()
      const location = response.headers.get('location')
      if (location === null) return { url, html }
      url = new URL(location, url)
      init = {}
    }
    throw new Error('The server redirects without end')
  }

  let page = await visit(new URL(verificationUriComplete))
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(page.html) ?? []
    if (action === undefined) return page.html
    const hidden = [...page.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
    const form = new URLSearchParams(hidden.map(([, name = '', value = '']) => [name, value]))
    if (page.html.includes('name="login"')) form.set('login', person.login)
    if (page.html.includes('name="password"')) form.set('password', 'any')
    if (person.declines === true && form.has('confirm')) {
      form.set('abort', 'yes')
      return (await visit(new URL(action, page.url), form)).html
    }
    page = await visit(new URL(action, page.url), form)
  }
  throw new Error(`The server shows one page after another: ${page.html}`)
}
