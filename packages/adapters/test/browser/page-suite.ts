import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, it, vi } from 'vitest'
import { bundlePage } from './bundle-page.ts'
import { callerOf } from './call-program.ts'
import { launchChromium } from './chromium.ts'
import { servePage, type PageServer } from './page-server.ts'
import type { CasesProgram } from './pages/run-cases.ts'
import { remoteCases } from './remote-cases.ts'
import type { SuiteRunner } from './suites.ts'

/**
 * Runs the cases of a program of `pages/` in a page, each as a test of its own. A case that writes to the console, asks a
 * server or leaves an error uncaught has failed: others could read that.
 */
export function describeInPage(program: string, register: (runner: SuiteRunner) => void): void {
  // The browser may have to be unpacked first.
  vi.setConfig({ hookTimeout: 120_000 })

  let browser: Browser
  let server: PageServer
  let page: Page
  const heard: string[] = []

  beforeAll(async () => {
    server = await servePage({ script: await bundlePage(program) })
    browser = await launchChromium()
    page = await browser.newPage()
    await page.goto(server.url)
    page.on('console', (line) => heard.push(line.text()))
    page.on('pageerror', (error) => heard.push(String(error.stack)))
    page.on('request', (request) => heard.push(request.url()))
  })

  afterEach(() => {
    const said = heard.splice(0)
    if (said.length > 0) throw new Error(`The page said: ${said.join('\n')}`)
  })

  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
  })

  register(remoteCases({ describe, it }, (path) => callerOf<CasesProgram>(page)('run', path)))
}
