import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { bundlePage } from './bundle-page.ts'
import { callerOf, type Caller, type Calls } from './call-program.ts'
import { launchChromium } from './chromium.ts'
import { servePage, type PageServer } from './page-server.ts'

/** For the tests of one file. Each has a browser context of its own, and in it a page to begin with. */
export interface PageRig<Program extends Calls> {
  readonly browser: Browser
  /** Where the program is. */
  readonly url: string
  readonly page: Page
  /** Calls the program of that page. */
  readonly call: Caller<Program>
  /** One more page. */
  readonly open: (url?: string) => Promise<Page>
  /** What the pages wrote to their consoles, and errors that nobody caught. What a test leaves there fails it. */
  readonly heard: string[]
}

/** Serves a program of `pages/` to real pages. */
export function createPageRig<Program extends Calls>(program: string): PageRig<Program> {
  // The browser may have to be unpacked first.
  vi.setConfig({ hookTimeout: 120_000 })

  let browser: Browser
  let server: PageServer
  let context: BrowserContext
  let page: Page
  const heard: string[] = []

  beforeAll(async () => {
    server = await servePage({ script: await bundlePage(program) })
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
  })

  beforeEach(async () => {
    context = await browser.newContext()
    page = await open()
  })

  afterEach(async () => {
    await context.close()
    const said = heard.splice(0)
    if (said.length > 0) throw new Error(`The pages said: ${said.join('\n')}`)
  })

  async function open(url = server.url): Promise<Page> {
    const opened = await context.newPage()
    opened.on('console', (line) => heard.push(line.text()))
    opened.on('pageerror', (error) => heard.push(String(error.stack)))
    await opened.goto(url)
    return opened
  }

  return {
    get browser() {
      return browser
    },
    get url() {
      return server.url
    },
    get page() {
      return page
    },
    call: (name, ...parameters) => callerOf<Program>(page)(name, ...parameters),
    open,
    heard,
  }
}
