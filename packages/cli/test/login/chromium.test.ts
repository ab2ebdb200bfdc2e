import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { launchChromium } from '../../../adapters/test/browser/chromium.ts'
import { startWizard, type Wizard } from './support/wizard.ts'

/** Where to put pictures of the pages; none are made without it. */
const PICTURES = process.env['LOGIN_PICTURES']

const DESKTOP = { width: 1280, height: 900 }
const PHONE = { width: 360, height: 740 }
const LOOKS = [
  ['desktop', 'light', DESKTOP] as const,
  ['phone', 'dark', PHONE] as const,
  // Only to be looked at: they differ by what is tested in the others.
  ...(PICTURES === undefined ? [] : [['desktop', 'dark', DESKTOP] as const, ['phone', 'light', PHONE] as const]),
]

let chromium: Browser

beforeAll(async () => {
  chromium = await launchChromium()
}, 60_000)

afterAll(() => chromium?.close())

interface Visit {
  readonly wizard: Wizard
  readonly page: Page
  /** What the browser complained of: a script, a style or a form that the policy forbids. */
  readonly complaints: readonly string[]
  readonly picture: (name: string) => Promise<void>
}

async function visit(options: NonNullable<Parameters<Browser['newContext']>[0]> = {}): Promise<Visit> {
  const wizard = await startWizard({ way: 'authorization-code', served: true })
  const context = await chromium.newContext(options)
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await wizard.saw(wizard.origin)
  return {
    wizard,
    page,
    complaints,
    picture: async (name) => {
      if (PICTURES === undefined) return
      mkdirSync(PICTURES, { recursive: true })
      await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true })
    },
  }
}

/** Fills in the form as a person at a keyboard does, and sends it off. */
async function fillIn({ page, wizard }: Visit, clientSecret = wizard.fake.credentials.clientSecret): Promise<void> {
  await page.getByLabel('Client ID').fill(wizard.fake.credentials.clientId)
  await page.getByLabel('Client secret').fill(clientSecret)
  await page.getByLabel('Client secret').press('Enter')
  await page.getByText('It asks for').waitFor()
}

describe('the local page in Chromium', () => {
  it('takes a person through, and leaves nothing secret in address bar, history or storage', async () => {
    const visiting = await visit()
    const { page, wizard, complaints } = visiting
    await page.goto(`${wizard.origin}/`)
    expect(await page.title()).toBe('Log in to tastytrade – evergrant')
    expect(await page.getByLabel('Client secret').getAttribute('type')).toBe('password')
    await fillIn(visiting)
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('heading', { name: 'You are logged in' }).waitFor()
    expect(page.url()).toBe(`${wizard.origin}/result`)
    await page.getByRole('button', { name: 'Show the refresh token' }).click()
    const { refreshToken } = await wizard.ended
    expect(await page.getByLabel('Refresh token').textContent()).toBe(refreshToken.reveal())
    expect(page.url()).toBe(`${wizard.origin}/refresh-token`)

    const session = await page.context().newCDPSession(page)
    const { entries } = await session.send('Page.getNavigationHistory')
    const visited = entries.map(({ url }) => url).join(' ')
    expect(visited).toContain('/auth.html')
    expect(visited).not.toMatch(/[?&]code=/)
    expect(visited).not.toContain(wizard.fake.credentials.clientSecret)
    const storage = JSON.stringify(await page.context().storageState())
    expect(storage).not.toContain(wizard.fake.credentials.clientSecret)
    expect(storage).not.toContain(refreshToken.reveal())
    expect(complaints).toEqual([])
    expect(wizard.fake.tokenRequests).toBe(2)
  })

  it('takes no form from another page of this machine', async () => {
    const { page, wizard } = await visit()
    await page.goto(`${wizard.origin}/`)
    const formToken = await page.locator('input[name=form_token]').getAttribute('value')
    const evil = await page.context().newPage()
    await evil.goto('about:blank')
    await evil.setContent(
      `<form method="post" action="${wizard.origin}/"><input name="form_token" value="${formToken}">
       <input name="client_id" value="x"><input name="client_secret" value="y"><button>go</button></form>`,
    )
    await evil.getByRole('button').click()
    await evil.waitForURL(`${wizard.origin}/`)
    expect(await evil.getByRole('main').textContent()).toContain('comes from another page')
  })

  it.for(LOOKS)('fits a %s in %s, also where something went wrong', async ([device, colorScheme, viewport]) => {
    const visiting = await visit({ viewport, colorScheme })
    const { page, wizard, picture } = visiting
    const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)
    const look = async (name: string) => {
      await picture(`${device}-${colorScheme}-${name}`)
      expect({ name, fits: await fits() }).toEqual({ name, fits: true })
    }
    await page.goto(`${wizard.origin}/`)
    await look('1-form')
    await page.getByLabel('Client ID').fill('has a space')
    await page.getByLabel('Client secret').fill('x')
    await page.getByLabel('Read and trade').check()
    await page.getByRole('button').click()
    await look('2-problem')
    await fillIn(visiting, 'invented')
    await page.getByRole('button', { name: 'Approve' }).click()
    await look('3-trouble')
    expect(await page.getByRole('alert').textContent()).toBe('The client secret is not right.')
    await page.getByRole('link', { name: 'Try again' }).click()
    await page.getByLabel('Read and trade').check()
    await fillIn(visiting)
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('heading', { name: 'You are logged in' }).waitFor()
    await look('4-success')
    await page.getByRole('button', { name: 'Show the refresh token' }).click()
    await look('5-refresh-token')
    const [ground, ink] = await page.evaluate(() => {
      const { backgroundColor } = getComputedStyle(document.body)
      return [backgroundColor, getComputedStyle(document.body).color]
    })
    expect(ground === 'rgb(20, 24, 29)').toBe(colorScheme === 'dark')
    expect(ink).not.toBe(ground)
  })
})
