import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { VERSION } from '../src/version.ts'
import { openRig } from './support/rig.ts'

describe('what there is to read', () => {
  it('is a page that runs and loads nothing, and has every route', async () => {
    await using rig = await openRig()
    const answer = await rig.ask(null, '/docs')
    const page = await answer.text()
    const policy = answer.headers.get('content-security-policy') ?? ''
    const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? ''
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`)
    expect(policy).toContain("default-src 'none'")
    expect(page).not.toContain('`')
    expect(page).not.toMatch(/<script|<link|<img|https?:|@import|url\(/)
    const { paths } = (await (await rig.ask(null, '/openapi.json')).json()) as { paths: Record<string, unknown> }
    for (const path of Object.keys(paths)) {
      if (path !== '/docs' && path !== '/openapi.json') expect(page).toContain(path.replace('{path}', '*'))
    }
  })

  it('is a document whose references all lead somewhere, with the answers and the problems of each route', async () => {
    await using rig = await openRig()
    const text = await (await rig.ask(null, '/openapi.json')).text()
    const document = JSON.parse(text) as {
      openapi: string
      info: { version: string }
      components: { schemas: Record<string, unknown> }
      paths: Record<
        string,
        Record<string, { responses: Record<string, unknown>; parameters?: { name: string; in: string }[] }>
      >
    }
    expect(document.openapi).toBe('3.1.0')
    expect(document.info.version).toBe(VERSION)
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(Object.keys(document.components.schemas)).toContain(name)
    }
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const { responses, parameters = [] } of Object.values(operations)) {
        expect(responses).toHaveProperty('default')
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
        expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(named)
      }
    }
    expect(document.paths['/api/v1/token']?.['get']?.parameters?.map(({ name }) => name)).toEqual([
      'account',
      'min_ttl',
      'rejected',
      'max_wait',
    ])
  })

  it('is answered as the document says', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['token', 'admin'])
    const { components } = (await (await rig.ask(null, '/openapi.json')).json()) as {
      components: { schemas: Record<string, { required: string[]; properties: object }> }
    }
    for (const [path, schema] of [
      ['/api/v1/token?account=anna', 'Token'],
      ['/api/v1/credentials/anna', 'Status'],
      ['/api/v1/token?account=nobody', 'Problem'],
      ['/api/v1/credentials', 'CredentialsPage'],
      ['/api/v1/status', 'StatusPage'],
      ['/api/v1/keys', 'Keys'],
    ] as const) {
      const members = Object.keys((await (await rig.ask(key, path)).json()) as object)
      const known = components.schemas[schema]
      expect(Object.keys(known?.properties ?? {})).toEqual(expect.arrayContaining(members))
      expect(members).toEqual(expect.arrayContaining(known?.required ?? ['none']))
    }
  })

  it('names the version of package.json', () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect(VERSION).toBe(manifest.version)
  })
})

describe('the metrics', () => {
  it('count what happened, and name no account and no key', async () => {
    await using rig = await openRig()
    await rig.post('anna')
    const key = await rig.key(['token'])
    await rig.ask(key, '/api/v1/token?account=anna')
    await rig.ask(key, '/api/v1/token?account=anna')
    await rig.ask(key, '/api/v1/token?account=nobody')
    await rig.ask(null, '/api/v1/token?account=anna')
    await rig.soon(rig.ask(key, '/api/v1/token?account=anna&rejected=1'))
    const answer = await rig.ask(await rig.key(['metrics']), '/metrics')
    expect(answer.headers.get('content-type')).toContain('text/plain')
    const text = await answer.text()
    const value = (line: string) =>
      text
        .split('\n')
        .find((one) => one.startsWith(`${line} `))
        ?.slice(line.length + 1)
    expect(value('evergrant_token_requests_total{outcome="ready"}')).toBe('1')
    expect(value('evergrant_token_requests_total{outcome="waited"}')).toBe('2')
    expect(value('evergrant_token_requests_total{outcome="failed"}')).toBe('1')
    expect(value('evergrant_accounts{state="valid"}')).toBe('1')
    expect(value('evergrant_login_budget_left')).toBe('3')
    expect(value('evergrant_key_rejections_total{code="key-missing"}')).toBe('1')
    expect(value('evergrant_http_requests_total{route="/api/v1/token",method="GET",status="200"}')).toBe('3')
    expect(value('evergrant_http_request_duration_seconds_count{route="/api/v1/token"}')).toBe('5')
    expect(value('evergrant_refreshes_total{outcome="granted"}')).toBe('1')
    expect(value('evergrant_token_waiters')).toBe('0')
    expect(text).toMatch(/^process_cpu_seconds_total /m)
    expect(text).not.toMatch(/anna|nobody|egk_/)
    const again = await (await rig.ask(await rig.key(['metrics']), '/metrics')).text()
    expect(again).toContain('evergrant_token_requests_total{outcome="ready"} 1')
  })

  it('are open to all where that is wanted', async () => {
    await using rig = await openRig({ keeper: { openMetrics: true } })
    expect((await rig.ask(null, '/metrics')).status).toBe(200)
  })
})

describe('the status', () => {
  it('of those that are awake comes page by page, with the budget of the issuer', async () => {
    await using rig = await openRig()
    const key = await rig.key(['token'])
    for (const account of ['anna', 'bert', 'cleo']) {
      await rig.post(account, rig.fake.createGrant())
      await rig.ask(key, `/api/v1/token?account=${account}`)
    }
    const first = await rig.ask(key, '/api/v1/status?limit=2')
    expect(await first.json()).toMatchObject({
      statuses: [{ account: 'anna', state: 'valid', awake: true, usable: true, generation: 1 }, { account: 'bert' }],
      next: 'bert',
      login_budget: { limit: 3, left: 3, free_at: null },
    })
    const rest = await rig.ask(key, '/api/v1/status?limit=2&after=bert')
    expect(await rest.json()).toMatchObject({ statuses: [{ account: 'cleo' }], next: null })
    const own = await rig.ask(await rig.key(['metrics'], ['anna', 'bert']), '/api/v1/status')
    expect(await own.json()).toMatchObject({ statuses: [{ account: 'anna' }, { account: 'bert' }] })
  })
})
