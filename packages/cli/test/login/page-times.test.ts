import { createServer } from 'node:http'
import { connect } from 'node:net'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Interrupted } from '../../src/terminal/interrupts.ts'
import { send } from './support/browser.ts'
import { freePort } from './support/free-port.ts'
import { approve, startWizard, type WizardOptions } from './support/wizard.ts'

const MINUTE = 60_000

/** A page on a virtual clock, ready for a browser. */
async function openPage(options: WizardOptions = {}) {
  const clock = new VirtualClock()
  const wizard = await startWizard({ way: 'authorization-code', clock, fake: { clock: clock.server }, ...options })
  await clock.settleUntil(() => wizard.said().includes(wizard.origin))
  return { ...wizard, clock }
}

function gone(origin: string): Promise<unknown> {
  return expect(send(`${origin}/`)).rejects.toThrow('ECONNREFUSED')
}

describe('the server of the local page', () => {
  it('ends after ten minutes, and not before', async () => {
    const { clock, origin, ended } = await openPage()
    await clock.advance(10 * MINUTE - 1)
    expect(await send(`${origin}/`)).toMatchObject({ status: 200 })
    await clock.advance(1)
    await expect(ended).rejects.toMatchObject({
      code: 'wait-timeout',
      message: expect.stringContaining('10 minutes') as string,
    })
    await gone(origin)
    expect(clock.pending).toBe(0)
  })

  it('ends on Ctrl-C, also while an answer of the provider is awaited, and changes nothing', async () => {
    const wizard = await openPage()
    const { clock, origin, fake, ended } = wizard
    const callback = await clock.during(approve(wizard))
    fake.fail('never-answers')
    const browser = send(callback).catch((error: unknown) => error)
    await clock.settleUntil(() => fake.openRequests === 1)
    wizard.interrupt()
    await expect(ended).rejects.toBeInstanceOf(Interrupted)
    await browser
    await gone(origin)
    expect(await wizard.account()).toMatchObject({ credentials: false, token: null })
    expect(clock.pending).toBe(0)
  })

  it('lingers for a minute after a login that worked', async () => {
    const wizard = await openPage()
    const { clock, origin, ended, browser } = wizard
    await clock.during(browser.go(await clock.during(approve(wizard))))
    await clock.advance(MINUTE - 1)
    expect(await send(`${origin}/result`)).toMatchObject({ status: 200 })
    await clock.advance(1)
    await expect(ended).resolves.toHaveProperty('account', 'default')
    await gone(origin)
  })

  it('ends on Ctrl-C after a login that worked, which stays', async () => {
    const wizard = await openPage()
    const { clock, browser } = wizard
    await clock.during(browser.go(await clock.during(approve(wizard))))
    wizard.interrupt()
    await expect(wizard.ended).resolves.toHaveProperty('account', 'default')
    await gone(wizard.origin)
    expect(await wizard.account()).toHaveProperty('token.usable', true)
  })

  it.for([
    ['says nothing', ''],
    ['is slow with its headers', 'POST / HTTP/1.1\r\nhost: x'],
    [
      'is slow with its form',
      'POST / HTTP/1.1\r\nHOST\r\norigin: ORIGIN\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nclient',
    ],
  ] as const)('cuts off a client that %s, and answers others meanwhile', async ([, begun]) => {
    const { clock, port, origin, ended, interrupt } = await openPage()
    const socket = connect({ port, host: '127.0.0.1' })
    let closed = false
    socket.on('close', () => (closed = true))
    socket.on('error', () => undefined)
    await new Promise<void>((resolve) => socket.once('connect', resolve))
    socket.write(begun.replace('HOST', `host: localhost:${port}`).replace('ORIGIN', origin))
    expect(await send(`${origin}/`)).toMatchObject({ status: 200 })
    await clock.settle()
    expect(closed).toBe(false)
    await clock.advance(10_000)
    await clock.settleUntil(() => closed)
    const late = connect({ port, host: '127.0.0.1' })
    late.on('error', () => undefined)
    await new Promise<void>((resolve) => late.once('connect', resolve))
    interrupt()
    await expect(ended).rejects.toBeInstanceOf(Interrupted)
  })
})

describe('the port', () => {
  it.for(['127.0.0.1', '::1'] as const)('is reported if it is taken on %s, with what to do', async (host) => {
    const port = await freePort()
    const other = createServer()
    await new Promise<void>((resolve) => other.listen({ port, host }, resolve))
    onTestFinished(() => new Promise<void>((resolve) => void other.close(() => resolve())))
    const { ended, fake } = await startWizard({ way: 'authorization-code', port })
    await expect(ended).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(`Port ${port} of this machine is taken`) as string,
      help: expect.stringContaining('--port') as string,
    })
    expect(fake.tokenRequests).toBe(0)
    const freeOne = host === '::1' ? '127.0.0.1' : '[::1]'
    await expect(send(`http://${freeOne}:${port}/`)).rejects.toThrow('ECONNREFUSED')
  })

  it('is bound to loopback alone', async () => {
    const { port, origin } = await openPage()
    for (const host of ['127.0.0.1', '[::1]']) {
      expect(await send(`http://${host}:${port}/`, { headers: { host: new URL(origin).host } })).toMatchObject({
        status: 200,
      })
    }
    await expect(send(`http://127.0.0.2:${port}/`)).rejects.toThrow('ECONNREFUSED')
  })

  it('and the redirect URI can be changed', async () => {
    const port = await freePort()
    const redirectUri = `http://127.0.0.1:${port}/came/back`
    const wizard = await startWizard({ way: 'authorization-code', port, redirectUri })
    await wizard.saw(`http://127.0.0.1:${port}/`)
    const { openBrowser } = await import('./support/browser.ts')
    const browser = openBrowser(`http://127.0.0.1:${port}`)
    const callback = await approve({ ...wizard, browser, origin: `http://127.0.0.1:${port}` })
    expect(callback).toContain(redirectUri)
    expect((await browser.go(callback)).text).toContain('You are logged in')
  })

  it.for([
    ['https://example.com/callback', /does not lead to this computer/],
    ['localhost:8000', /does not lead to this computer/],
    ['nonsense', /no plain address/],
    ['http://localhost:8000/?x=1', /no plain address/],
  ] as const)('%s cannot be a redirect URI of the page', async ([redirectUri, message]) => {
    const { ended } = await startWizard({ way: 'authorization-code', redirectUri, fake: { redirectUris: [] } })
    await expect(ended).rejects.toMatchObject({ code: 'usage', message: expect.stringMatching(message) as string })
  })
})
