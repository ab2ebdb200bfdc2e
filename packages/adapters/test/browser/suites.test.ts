import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { bundlePage } from './bundle-page.ts'
import { callerOf } from './call-program.ts'
import { launchChromium } from './chromium.ts'
import { servePage, type PageServer } from './page-server.ts'
import type { SuitesProgram } from './pages/suites.ts'
import { remoteCases } from './remote-cases.ts'
import { registerSuites } from './suites.ts'

// The browser may have to be unpacked first.
vi.setConfig({ hookTimeout: 120_000 })

let browser: Browser
let server: PageServer
let page: Page

beforeAll(async () => {
  server = await servePage({ script: await bundlePage('suites') })
  browser = await launchChromium()
  page = await browser.newPage()
  await page.goto(server.url)
})

afterAll(async () => {
  await browser.close()
  await server[Symbol.asyncDispose]()
})

registerSuites(remoteCases({ describe, it }, (path) => callerOf<SuitesProgram>(page)('run', path)))
