import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { launchChromium } from './browser/chromium.ts'
import { loopback, reply } from './support/loopback.ts'

// A browser takes a while to start on a busy machine.
const patient = { timeout: 120_000 }

async function script(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('axios/page.ts', import.meta.url))],
    write: false,
    bundle: true,
    format: 'iife',
    platform: 'browser',
    conditions: ['@evergrant/source', 'module'],
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}

it('works in a browser as it does in Node', patient, async () => {
  await using server = await loopback(({ path, headers, body }, response) => {
    if (path === '/') response.setHeader('content-type', 'text/html').end('<!doctype html>')
    else if (path === '/silence' || path === '/favicon.ico') return
    else if (headers.authorization !== 'Bearer page-token-2') reply(response, 401, {})
    else reply(response, path === '/500' ? 500 : 200, { length: body.length })
  })
  await using browser = await launchChromium()
  const page = await browser.newPage()
  await page.goto(server.url)
  await page.addScriptTag({ content: await script() })
  expect(await page.evaluate('callFromPage()')).toEqual({
    put: { length: 7 },
    get: { length: 0 },
    posted: { length: expect.any(Number) },
    failed: 500,
    shown: false,
    late: 'ETIMEDOUT',
    aborted: true,
    foreign: true,
    issued: 2,
  })
  const refused = server.received.filter(({ headers }) => headers.authorization === 'Bearer page-token-1')
  expect(refused.map(({ path }) => path).toSorted()).toEqual(['/get', '/put'])
  const form = server.received.find(({ path }) => path === '/form')
  expect(form?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
  expect(form?.body).toContain('content')
})
