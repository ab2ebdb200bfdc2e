import { readFileSync, statSync } from 'node:fs'
import { expectNoCanary, plantCanaries } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { openBrowser, send } from './support/browser.ts'
import { approve, startWizard } from './support/wizard.ts'

const PAGE = { way: 'authorization-code' } as const

describe('the local page', () => {
  it('takes a person from the form to a login that works, with two token requests', async () => {
    const wizard = await startWizard(PAGE)
    const { browser, fake, origin, ended } = wizard
    await wizard.saw(`${origin}/`)
    const form = await browser.go(`${origin}/`)
    expect(form).toMatchObject({ status: 200 })
    const { clientId, clientSecret } = fake.credentials
    const { status, location } = await browser.submit('/', { client_id: clientId, client_secret: clientSecret })
    expect(status).toBe(303)
    expect(Object.fromEntries(new URL(location).searchParams)).toMatchObject({ scope: 'read', redirect_uri: origin })
    const result = await browser.go(await fake.decide(location, 'approve'))
    expect(result).toMatchObject({ status: 200, text: expect.stringContaining('You are logged in') as string })
    expect(browser.history.at(-1)).toBe(`${origin}/result`)

    await wizard.saw('The login works and is saved.')
    expect(fake.tokenRequests).toBe(2)
    expect((await wizard.account()).token).toMatchObject({ usable: true, scope: 'read' })
    expect(statSync(wizard.store).mode & 0o777).toBe(0o600)
    const { value } = await wizard.bot().getToken()
    expect(fake.tokenRequests).toBe(2)
    const answer = await fake.fetch('http://api/customers/me', {
      headers: { authorization: `Bearer ${value}`, 'user-agent': 'test/1.0' },
    })
    expect(answer.status).toBe(200)

    expect(await browser.submit('/finish')).toMatchObject({ status: 200 })
    await expect(ended).resolves.toMatchObject({
      account: 'default',
      environment: 'sandbox',
      scope: 'read',
      place: '.secrets',
    })
    await expect(send(`${origin}/`)).rejects.toThrow('ECONNREFUSED')
  })

  it('shows the refresh token when asked, once, and to the browser that logged in alone', async () => {
    const wizard = await startWizard(PAGE)
    const { browser, origin } = wizard
    const callback = await approve(wizard)
    const stranger = openBrowser(origin)
    await stranger.go(`${origin}/`)
    await browser.go(callback)
    const page = await stranger.go(`${origin}/result`)
    expect(page.text).toContain('You are logged in')
    expect(page.text).not.toContain('form_token')
    expect(await stranger.submit('/refresh-token', { form_token: 'f'.repeat(64) })).toMatchObject({ status: 403 })
    const [, stolen = ''] = /name="form_token" value="(\w+)"/.exec(browser.answers.at(-1)?.text ?? '') ?? []
    expect(await stranger.submit('/refresh-token', { form_token: stolen })).toMatchObject({ status: 403 })
    expect(await send(`${origin}/refresh-token`)).toMatchObject({ status: 404 })

    const shown = await browser.submit('/refresh-token')
    const { refreshToken } = await wizard.ended
    expect(shown.text).toContain(refreshToken.reveal())
    expect(JSON.parse(readFileSync(wizard.store, 'utf8'))).toHaveProperty(
      ['entries', 'grant/default', 'value', 'credentials', 'refreshToken'],
      refreshToken.reveal(),
    )
    expect(browser.history.join(' ')).not.toContain(refreshToken.reveal())
  })

  it('asks for more than reading only if that is chosen, and warns', async () => {
    const wizard = await startWizard(PAGE)
    const callback = await approve(wizard, { scope: 'trade' })
    expect(wizard.said()).toContain('can place orders')
    expect((await wizard.browser.go(callback)).text).toContain('This login can place orders')
    await wizard.browser.submit('/finish')
    await expect(wizard.ended).resolves.toHaveProperty('scope', 'read trade')
  })

  it('lets nothing secret out: not said, in no address, in no page, in no header', async () => {
    const canaries = plantCanaries()
    const wizard = await startWizard(PAGE)
    const { browser, fake, origin } = wizard
    canaries.note('client secret', fake.credentials.clientSecret)
    fake.fail('echo-secrets')
    const first = new URL(await approve(wizard))
    canaries.note('first code', first.searchParams.get('code') ?? '')
    expect((await browser.go(first.href)).text).toContain('That did not work')
    const callback = new URL(await approve(wizard))
    canaries.note('code', callback.searchParams.get('code') ?? '')
    await browser.go(callback.href)
    await browser.submit('/finish')
    const { refreshToken } = await wizard.ended
    canaries.note('refresh token', refreshToken.reveal())
    canaries.note('access token', (await wizard.bot().getToken()).value)
    const own = browser.history.filter((url) => !/[?&]code=/.test(url))
    expectNoCanary({ said: wizard.said(), own, answers: browser.answers, opened: wizard.opened, origin }, canaries)
  })

  it('holds every answer to strict headers', async () => {
    const wizard = await startWizard(PAGE)
    const { browser, origin, port } = wizard
    await browser.go(await approve(wizard))
    await browser.go(`${origin}/nowhere`)
    await browser.submit('/refresh-token', { form_token: '' })
    const wrong = await send(`${origin}/`, { headers: { host: `evil.test:${port}` } })
    expect(browser.answers.length).toBeGreaterThan(5)
    for (const { headers } of [...browser.answers, wrong]) {
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      })
      const policy = String(headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).toContain("form-action 'self' https://cert-my.staging-tasty.works")
      expect(policy).not.toMatch(/script-src|unsafe/)
    }
    for (const { text } of browser.answers) expect(text).not.toMatch(/<script|\son\w+=|https?:\/\/(?!localhost)/)
  })

  it('tells of a login that failed in plain words, and lets the person begin again', async () => {
    const wizard = await startWizard(PAGE)
    const { browser, origin } = wizard
    const callback = await approve(wizard, { client_secret: 'invented-and-wrong' })
    const failed = await browser.go(callback)
    expect(failed.text).toContain('The client secret is not right.')
    expect(wizard.said()).toContain('The client secret is not right.')
    expect(wizard.said()).toContain('Make a new one')
    expect(await wizard.account()).toMatchObject({ credentials: false, budget: { failed: 1 } })
    await browser.go(`${origin}/`)
    await browser.go(await approve(wizard))
    await browser.submit('/finish')
    await expect(wizard.ended).resolves.toHaveProperty('account', 'default')
  })

  it('says that the person said no', async () => {
    const wizard = await startWizard(PAGE)
    const { browser, fake, origin } = wizard
    await browser.go(`${origin}/`)
    const { clientId, clientSecret } = fake.credentials
    const { location } = await browser.submit('/', { client_id: clientId, client_secret: clientSecret })
    const page = await browser.go(await fake.decide(location, 'deny'))
    expect(page.text).toContain('The login was not allowed.')
    expect(fake.tokenRequests).toBe(0)
    expect(await wizard.account()).toHaveProperty('budget.failed', 0)
  })

  it('prints the address where no browser can be opened', async () => {
    const wizard = await startWizard({ ...PAGE, opens: false })
    await wizard.saw('--no-browser')
    expect(wizard.said()).toContain(`${wizard.origin}/`)
  })
})
