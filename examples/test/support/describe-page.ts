import { describe, expect, it } from 'vitest'
import { lifecycleMachine } from '../../../packages/core/src/index.ts'
import { createLab } from '../../dashboard/world/lab.ts'
import type { LabPage, LabRig } from './lab-page.ts'

/** Goes from one thing to the next with the tabulator until it has come to the one of that name. */
async function tabTo({ page }: LabPage, name: string): Promise<void> {
  for (let steps = 0; steps < 40; steps += 1) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      return element?.getAttribute('aria-label') ?? element?.textContent
    })
    if (focused === name) return
  }
  throw new Error(`No way by keyboard to ${name}`)
}

/** What holds of the page as such, whatever happens in the lab. Shares the browser of the rig. */
export function describePage(openRig: () => LabRig): void {
  describe('the page of the lab', () => {
    it('draws the states of the machine of core, and says in words which one is lit', async () => {
      const lab = await openRig().open()
      await lab.leap('1 min')
      const drawn = lab.page.getByRole('img', { name: /^The machine of a session/ })
      const states = await drawn
        .locator('[data-state]')
        .evaluateAll((all) => all.map((one) => one.getAttribute('data-state')))
      expect(states).toEqual(Object.keys(lifecycleMachine.root.states))
      expect(await drawn.locator('[data-lit="true"]').getAttribute('data-state')).toBe('valid')
      expect(await drawn.locator('desc').textContent()).toContain('Bot A is in valid.')
      expect(await lab.page.locator('.machine figcaption').textContent()).toBe('unauthenticated → refreshing → valid')
      expect(await lab.page.getByRole('status').allInnerTexts()).toEqual(['Bot A is valid'])
    })

    it('can be used with the keyboard alone, and shows where it is', async () => {
      const lab = await openRig().open({})
      await lab.leap('1 min')
      await tabTo(lab, 'Revoke the grant')
      expect(await lab.page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)).toBe('solid')
      await lab.page.keyboard.press('Enter')
      await lab.leap('1 min')
      expect(await lab.told()).toContain('Bot A is revoked')
      await tabTo(lab, 'Answer 503')
      await lab.page.keyboard.press('Space')
      const lasting = lab.page.getByRole('switch', { name: 'Answer 503' })
      await expect.poll(() => lasting.getAttribute('aria-checked')).toBe('true')
    })

    it('has a name for everything that can be pressed, and a word on what should come of each switch', async () => {
      const { page } = await openRig().open()
      const nameless = await page.locator('button, select').evaluateAll((all) =>
        all.filter((one) => {
          const label = one.getAttribute('aria-label') ?? one.closest('label')?.textContent ?? one.textContent
          return label.trim() === ''
        }),
      )
      expect(nameless).toEqual([])
      const said = await page
        .locator('.switch button')
        .evaluateAll((all) =>
          all.map((one) => document.querySelector(`[id="${one.getAttribute('aria-describedby')}"]`)?.textContent ?? ''),
        )
      expect(said).toHaveLength(14)
      for (const words of said) expect(words).toMatch(/^[A-Z].*\. (P\d+ )+$/)
    })

    it('P11 holds no secret of its world', async () => {
      const lab = await openRig().open()
      await lab.press('A second bot on the same store')
      await lab.leap('10 min', '10 min')
      const shown: string[] = []
      const look = async () =>
        shown.push(await lab.page.content(), await lab.page.locator('body').innerText(), lab.page.url())
      await look()
      await lab.press('Revoke the grant')
      await lab.leap('1 min')
      await look()
      const kept = await lab.page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie]))
      const everything = [...shown, kept].join('\n')
      // The same seed makes the same credentials (P16).
      const { credentials } = createLab().fake
      const secrets = [credentials.clientSecret, credentials.refreshToken]
      // `eyJ` is how each token of the fake begins.
      const parts = ['eyJ', ...secrets.flatMap((secret) => [secret.slice(0, 16), secret.slice(-16)])]
      expect(parts.filter((part) => everything.includes(part))).toEqual([])
      expect(kept).toBe('[{},{},""]')
    })

    it('fits a phone, with two bots and trouble, and has the lesser drawing there', async () => {
      const lab = await openRig().open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true })
      await lab.press('A second bot on the same store')
      await lab.leap('10 min')
      await lab.press('Block the address')
      await lab.leap('10 min', '10 min')
      expect(await lab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
      const box = await lab.page.locator('.machine svg').getAttribute('viewBox')
      expect(box).toMatch(/^0 0 360 /)
    })

    it('is dark or light as the system is, until somebody says otherwise', async () => {
      const ground = ({ page }: LabPage) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      const lab = await openRig().open({ colorScheme: 'dark' })
      const dark = await ground(lab)
      await lab.page.emulateMedia({ colorScheme: 'light' })
      const light = await ground(lab)
      expect(light).not.toBe(dark)
      await lab.press('Dark')
      expect(await ground(lab)).toBe(dark)
    })

    it('runs by itself, and rests when it is told to', async () => {
      const lab = await openRig().open()
      await lab.page.getByLabel('Speed').selectOption('1000')
      await lab.press('Run')
      await expect.poll(async () => (await lab.counted())['Token requests'], { timeout: 20_000 }).toBeGreaterThan(1)
      await lab.press('Pause')
      expect(await lab.page.getByRole('button', { name: 'Run' }).isVisible()).toBe(true)
      expect(await lab.told()).toMatch(/Bot A is (valid|expiring)/)
    })
  })
}
