import { onTestFinished } from 'vitest'
import { launchChromium } from '../../../packages/adapters/test/browser/chromium.ts'
import { serveLab } from '../../dashboard/serve.ts'

type Browser = Awaited<ReturnType<typeof launchChromium>>
type Page = Awaited<ReturnType<Browser['newPage']>>
type Look = NonNullable<Parameters<Browser['newContext']>[0]>

/** The lab in a browser, as a person uses it: by the names of things. */
export interface LabPage {
  readonly page: Page
  /** Presses a button or a switch. */
  press(name: string): Promise<void>
  /** Lets time pass in the lab, e.g. `10 min`, and waits until it has. */
  leap(...spans: readonly ('10 s' | '1 min' | '10 min' | '1 h')[]): Promise<void>
  /** What is told of a bot, e.g. `Bot A is valid`. */
  told(bot?: 'A' | 'B'): Promise<string>
  /** The counters by their names, each as its first number. */
  counted(): Promise<Readonly<Record<string, number>>>
  /** The event log, the newest first. */
  log(): Promise<readonly string[]>
}

export interface LabRig extends AsyncDisposable {
  /**
   * The lab as it begins; its time moves only when it is told to. One page serves all tests that ask for no look of their
   * own, and begins anew for each: a new one costs more than most of them.
   */
  open(look?: Look): Promise<LabPage>
}

/** Serves the lab to a real browser. */
export async function startLabRig(): Promise<LabRig> {
  await using starting = new AsyncDisposableStack()
  const { url } = starting.use(await serveLab({ port: 0 }))
  const browser = starting.adopt(await launchChromium(), (open) => open.close())
  const usual = await browser.newPage({ reducedMotion: 'reduce' })
  const started = starting.move()

  return {
    async open(look) {
      const page = look === undefined ? usual : await browser.newPage({ reducedMotion: 'reduce', ...look })
      page.setDefaultTimeout(20_000)
      const heard: string[] = []
      page.on('console', (line) => heard.push(line.text()))
      page.on('pageerror', (error) => heard.push(String(error.stack)))
      onTestFinished(async () => {
        page.removeAllListeners()
        if (page !== usual) await page.close()
        if (heard.length > 0) throw new Error(`The page said: ${heard.join('\n')}`)
      })
      const lab = labPage(page)
      if (page.url().startsWith(url)) {
        await page.getByLabel('Refresh tokens change').selectOption('none')
        await lab.press('Begin anew')
      } else await page.goto(`${url}?clock=stepped`)
      return lab
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

function labPage(page: Page): LabPage {
  const bot = (name: string) => page.getByRole('article', { name: `Bot ${name}` })
  return {
    page,
    async press(name) {
      const button = page.getByRole('button', { name, exact: true })
      await button.or(page.getByRole('switch', { name, exact: true })).click()
    },
    async leap(...spans) {
      for (const span of spans) {
        await page.getByRole('button', { name: `Leap ${span} ahead` }).click()
        await page.locator('[aria-label="Time"][aria-busy="false"]').waitFor()
      }
    },
    told: (name = 'A') => bot(name).innerText(),
    counted: () =>
      page
        .locator('[aria-label="Counters"] > div')
        .evaluateAll((figures) =>
          Object.fromEntries(
            figures.map((figure) => [
              figure.querySelector('dt')?.textContent ?? '',
              Number.parseInt(figure.querySelector('b')?.textContent ?? '', 10),
            ]),
          ),
        ),
    log: () => page.getByRole('list', { name: 'Events, the newest first' }).getByRole('listitem').allInnerTexts(),
  }
}
