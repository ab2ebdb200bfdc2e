import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { bundlePage } from './bundle-page.ts'
import { callerOf } from './call-program.ts'
import { launchChromium } from './chromium.ts'
import { servePage, type PageServer } from './page-server.ts'
import type { CasesProgram } from './pages/run-cases.ts'
import { remoteCases } from './remote-cases.ts'
import type { SuiteRunner } from './suites.ts'

/** Runs the cases of a program of `pages/` in a page, each as a test of its own. */
export function describeInPage(program: string, register: (runner: SuiteRunner) => void): void {
  // The browser may have to be unpacked first.
  vi.setConfig({ hookTimeout: 120_000 })

  let browser: Browser
  let server: PageServer
  let page: Page

  beforeAll(async () => {
    server = await servePage({ script: await bundlePage(program) })
    browser = await launchChromium()
    page = await browser.newPage()
    await page.goto(server.url)
  })

  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
  })

  register(remoteCases({ describe, it }, (path) => callerOf<CasesProgram>(page)('run', path)))
}
