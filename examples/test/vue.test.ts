import { onTestFinished, describe, expect, it } from 'vitest'
import { launchChromium } from '../../packages/adapters/test/browser/chromium.ts'
import { startExample } from './support/example-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

describe('examples/vue', () => {
  it('shows the status and a balance, what to do once the grant is revoked, and goes on after a new login', async () => {
    const served = startExample('vue/main.ts', { cwd: temporaryFolder() })
    const line = await served.line(/^The page is at http/)
    const browser = await launchChromium()
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    const heard: string[] = []
    page.on('pageerror', (error) => heard.push(String(error)))
    await page.goto(/http:\S+/.exec(line)?.[0] ?? '')

    const press = (name: string) => page.getByRole('button', { name }).click()
    await page.getByText('The session is valid').waitFor()
    await press('Show the balance')
    await page.getByText(/Net liquidating value of \w+: [\d.]+ USD/).waitFor()
    await press('Revoke the grant')
    await press('Show the balance')
    await page.getByText('The session is revoked').waitFor()
    expect(await page.getByRole('alert').textContent()).toMatch(/revoked.*refresh token/)
    await press('Log in anew')
    await page.getByText('The session is valid').waitFor()
    await press('Show the balance')
    await page.getByText(/Net liquidating value of \w+: [\d.]+ USD/).waitFor()
    expect(heard).toEqual([])
    served.interrupt()
    expect(await served.ended).toBe(0)
  }, 60_000)
})
