import { describe, expect, it } from 'vitest'
import { openBrowser, send } from './support/browser.ts'
import { approve, startWizard } from './support/wizard.ts'

const PAGE = { way: 'authorization-code' } as const

/** A page with its form open, and what a person would fill in. */
async function openForm() {
  const wizard = await startWizard(PAGE)
  await wizard.saw(wizard.origin)
  await wizard.browser.go(`${wizard.origin}/`)
  const { clientId, clientSecret } = wizard.fake.credentials
  return { ...wizard, fields: { client_id: clientId, client_secret: clientSecret } }
}

describe('a form that does not come from this page', () => {
  it.for([
    ['another site', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' }],
    ['something that claims to be here', { origin: 'own', 'sec-fetch-site': 'cross-site' }],
    ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['an old browser on another site', { origin: 'https://evil.test', 'sec-fetch-site': '' }],
    ['an old browser that hides its origin', { origin: 'null', 'sec-fetch-site': '' }],
    ['no browser at all', { origin: '', 'sec-fetch-site': '' }],
  ] as const)('from %s is refused, and the right one still goes through', async ([, { origin, ...site }]) => {
    const { browser, fields, origin: own } = await openForm()
    expect(await browser.submit('/', fields, { origin: origin === 'own' ? own : origin, ...site })).toMatchObject({
      status: 403,
      location: '',
    })
    await browser.go(`${browser.history[0]}`)
    expect(await browser.submit('/', fields)).toMatchObject({ status: 303 })
  })

  it('is let in by an old browser that names this origin', async () => {
    const { browser, fields, origin } = await openForm()
    expect(await browser.submit('/', fields, { origin, 'sec-fetch-site': '' })).toMatchObject({ status: 303 })
  })

  it.for([
    ['no token', { form_token: '' }],
    ['an invented token', { form_token: '0'.repeat(64) }],
  ] as const)('with %s begins nothing', async ([, token]) => {
    const { browser, fields } = await openForm()
    expect(await browser.submit('/', { ...fields, ...token })).toMatchObject({ status: 400, location: '' })
  })

  it('with the token of another browser begins nothing', async () => {
    const { browser, fields, origin } = await openForm()
    const other = openBrowser(origin)
    await other.go(`${origin}/`)
    const [, token = ''] = /name="form_token" value="(\w+)"/.exec(other.answers[0]?.text ?? '') ?? []
    expect(token).toHaveLength(64)
    expect(await browser.submit('/', { ...fields, form_token: token })).toMatchObject({ status: 400 })
  })

  it('that comes twice is answered once', async () => {
    const { browser, fields } = await openForm()
    expect(await browser.submit('/', fields)).toMatchObject({ status: 303 })
    expect(await browser.submit('/', fields)).toMatchObject({ status: 400 })
  })
})

describe('what is sent to the page', () => {
  it.for([['evil.test'], ['127.0.0.1'], ['localhost.evil.test']])(
    'under the host "%s" is refused',
    async ([host = '']) => {
      const { port, origin } = await openForm()
      const headers = { host: `${host}:${port}` }
      expect(await send(`${origin}/`, { headers })).toMatchObject({ status: 421 })
      expect(await send(`${origin}/?code=x&state=y`, { headers })).toMatchObject({ status: 421 })
    },
  )

  it.for([
    ['announced', { 'content-length': '9000' }],
    ['in pieces', { 'transfer-encoding': 'chunked' }],
  ] as const)('is refused if it is huge (%s)', async ([, length]) => {
    const { browser, fields } = await openForm()
    const client_secret = 's'.repeat(9_000 - 24)
    const answer = await browser.submit('/', { ...fields, client_id: '', client_secret, form_token: '' }, length)
    expect(answer).toMatchObject({ status: 413 })
  })

  it('is refused if it is no form', async () => {
    const { browser, fields } = await openForm()
    const type = { 'content-type': 'application/json' }
    expect(await browser.submit('/', fields, type)).toMatchObject({ status: 415 })
    expect(await browser.submit('/', fields, { 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
  })

  it.for([
    ['no secret', { client_secret: '' }, 'fill in both'],
    ['white space alone', { client_id: '  ' }, 'fill in both'],
    ['a line break in the secret', { client_secret: 'a\nb' }, 'copy it again'],
  ] as const)('is asked for again with %s, and the secret is not repeated', async ([, wrong, words]) => {
    const { browser, fields } = await openForm()
    const { status, text } = await browser.submit('/', { ...fields, ...wrong })
    expect(status).toBe(400)
    expect(text).toContain(words)
    expect(text).not.toContain(fields.client_secret)
    expect(await browser.submit('/', fields)).toMatchObject({ status: 303 })
  })

  it('is shown as text, whatever it is', async () => {
    const { browser, fields } = await openForm()
    const { text } = await browser.submit('/', {
      ...fields,
      client_id: '"><script>alert(1)</script>',
      client_secret: '',
    })
    expect(text).not.toContain('<script>')
    expect(text).toContain('&quot;&gt;&lt;script&gt;')
  })
})

describe('a callback', () => {
  it.for([
    ['another state', (url: URL) => url.searchParams.set('state', '0'.repeat(64))],
    ['no state', (url: URL) => url.searchParams.delete('state')],
    ['no code', (url: URL) => url.searchParams.delete('code')],
  ] as const)('with %s is refused, and the login stays open', async ([, spoil]) => {
    const wizard = await startWizard(PAGE)
    const { browser, fake } = wizard
    const callback = await approve(wizard)
    const spoiled = new URL(callback)
    spoil(spoiled)
    expect(await browser.go(spoiled.href)).toMatchObject({ status: 400 })
    expect(fake.tokenRequests).toBe(0)
    expect((await browser.go(callback)).text).toContain('You are logged in')
  })

  it('is refused before any login was begun', async () => {
    const { browser, fake, origin } = await openForm()
    expect(await browser.go(`${origin}/?code=invented&state=`)).toMatchObject({ status: 400 })
    expect(await browser.go(`${origin}/?code=invented&state=${'0'.repeat(64)}`)).toMatchObject({ status: 400 })
    expect(fake.tokenRequests).toBe(0)
  })

  it('that comes twice spends its code once, also while the first is under way', async () => {
    const wizard = await startWizard(PAGE)
    const { browser, fake, origin } = wizard
    const callback = await approve(wizard)
    const answers = await Promise.all([send(callback), send(callback), send(callback)])
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([303, 400, 400])
    expect(fake.count({ kind: 'token', outcome: 'granted' })).toBe(2)
    expect(fake.tokenRequests).toBe(2)
    expect((await browser.go(callback)).text).toContain('has come back once already')
    expect((await browser.go(`${origin}/result`)).text).toContain('You are logged in')
  })

  it('of a login that was begun anew is of no use', async () => {
    const wizard = await startWizard(PAGE)
    const old = await approve(wizard)
    const fresh = await approve(wizard)
    expect(await wizard.browser.go(old)).toMatchObject({ status: 400 })
    expect((await wizard.browser.go(fresh)).text).toContain('You are logged in')
  })
})
