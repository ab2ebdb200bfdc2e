import { request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
  /** Where it leads on; empty if nowhere. */
  readonly location: string
}

export interface Sending {
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** One request, as it is. */
export function send(url: string, { method = 'GET', headers = {}, body }: Sending = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8')
      incoming.on('data', (chunk: string) => (text += chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const { statusCode: status = 0, headers: received } = incoming
        resolve({ status, headers: received, text, location: received.location ?? '' })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** What a browser does with pages without scripts: cookies, forms, and the headers by which a server knows it. */
export interface Browser {
  /** Every address that it was at, in order. */
  readonly history: readonly string[]
  /** Every answer it got. */
  readonly answers: readonly Answer[]
  /** Goes to an address, and on to wherever that leads, up to the first answer that is no redirect on this origin. */
  go(url: string): Promise<Answer>
  /** Sends the form of the last page, with these fields and headers changed (empty: left out); does not follow. */
  submit(
    path: string,
    fields?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>
}

const HIDDEN = /<input type="hidden" name="(\w+)" value="([^"]*)"/g

export function openBrowser(origin: string): Browser {
  const history: string[] = []
  const answers: Answer[] = []
  let cookie = ''
  let page = ''

  async function visit(url: string, sending: Sending): Promise<Answer> {
    history.push(url)
    const headers = { ...(cookie === '' ? {} : { cookie }), ...sending.headers }
    const answer = await send(url, { ...sending, headers })
    answers.push(answer)
    const [set] = (answer.headers['set-cookie'] ?? []) as readonly string[]
    if (set !== undefined) cookie = set.split(';', 1)[0] ?? ''
    if (answer.location === '') page = answer.text
    return answer
  }

  return {
    history,
    answers,
    async go(url) {
      let answer = await visit(url, { headers: { 'sec-fetch-site': 'none' } })
      for (let hops = 0; hops < 5 && answer.location !== ''; hops += 1) {
        const next = new URL(answer.location, url)
        if (next.origin !== origin) break
        answer = await visit(next.href, { headers: { 'sec-fetch-site': 'cross-site' } })
      }
      return answer
    },
    submit(path, fields = {}, headers = {}) {
      const form = new URLSearchParams([...page.matchAll(HIDDEN)].map(([, name = '', value = '']) => [name, value]))
      for (const [name, value] of Object.entries(fields)) form.set(name, value)
      const sent = {
        'content-type': 'application/x-www-form-urlencoded',
        origin: 'null',
        'sec-fetch-site': 'same-origin',
        ...headers,
      }
      return visit(`${origin}${path}`, {
        method: 'POST',
        body: form.toString(),
        headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== '')),
      })
    },
  }
}
