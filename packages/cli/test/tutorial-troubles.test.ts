import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tellFailure } from '../src/output/failure.ts'
import { freePort } from './login/support/free-port.ts'
import { startWizard, type Wizard } from './login/support/wizard.ts'
import { collector } from './support/collector.ts'
import { createRig } from './support/rig.ts'
import { expectPrinted, tutorial, type Section } from './support/tutorial.ts'
import { createVirtualRig, type VirtualRig } from './support/virtual-rig.ts'

const HOUR = 3_600_000
const ALWAYS = Number.POSITIVE_INFINITY
const CLIENT_ID = 'YOUR-CLIENT-ID'

/** Everything that a wizard said, and how it ended. */
async function saidBy(wizard: Wizard): Promise<string> {
  const told = collector(false)
  await wizard.ended.catch((error: unknown) => {
    tellFailure(error, { stderr: told.stream, env: {}, clock: systemClock }, { json: false, debug: false })
  })
  return `${wizard.said()}${told.text()}`
}

/** A login at production with a personal grant, in which this is pasted. */
async function pasteAtProduction(
  pasted: (world: Pick<Wizard, 'fake'>) => { readonly clientSecret?: string; readonly refreshToken?: string },
): Promise<string> {
  let world: Wizard | null = null
  const later = (name: 'clientSecret' | 'refreshToken') => async () => {
    await Promise.resolve()
    if (world === null) throw new Error('Asked too early')
    return pasted(world)[name] ?? world.fake.credentials[name]
  }
  world = await startWizard({
    way: 'personal-grant',
    env: { EVERGRANT_ENV: 'production' },
    replies: [
      ['Client secret', later('clientSecret')],
      ['Refresh token', later('refreshToken')],
      // What looks wrong is doubted first, and tried then.
      ['Refresh token', later('refreshToken')],
      ['Go on?', 'stop'],
    ],
  })
  const said = await saidBy(world)
  return `${world.questions.join('\n')}\n${said}`
}

/** What a bin prints that believes to run on this version. */
function runOnNode(version: string): string {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`
  const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
  return spawnSync(process.execPath, ['--import', `data:text/javascript,${pretend}`, bin], { encoding: 'utf8' }).stderr
}

/** The doctor's words for a login that the fake treats badly. */
async function askDoctor(spoil: (rig: VirtualRig) => void | Promise<unknown>): Promise<string> {
  const rig = createVirtualRig()
  await spoil(rig)
  return (await rig.run(['doctor', '--yes'])).out
}

/** For each trouble of the tutorial: has it, and gives all that the command says of it. */
const TROUBLES: Readonly<Record<string, (section: Section) => Promise<readonly string[]> | readonly string[]>> = {
  'The script does not run': () => [runOnNode('20.20.2')],

  'The browser does not open': async () => {
    const wizard = await startWizard({ way: 'authorization-code', opens: false })
    await wizard.saw('No browser could be opened')
    wizard.interrupt()
    return [await saidBy(wizard)]
  },

  'The page cannot be opened, since its port is taken': async () => {
    const port = await freePort()
    const other = createServer().listen(port, '127.0.0.1')
    onTestFinished(() => new Promise<void>((resolve) => void other.close(() => resolve())))
    return [await saidBy(await startWizard({ way: 'authorization-code', port }))]
  },

  'The redirect URI does not match': async ({ steps }) => {
    const rig = await createRig({ redirectUris: ['http://localhost:8001'] })
    const [, , ...argv] = (steps[0]?.commands[0] ?? '').replace(CLIENT_ID, rig.fake.credentials.clientId).split(' ')
    const { out } = await rig.run(argv, { env: { ...rig.loggedIn, EVERGRANT_ENV: 'production' } })
    return [out]
  },

  'The client secret is lost': async () => [await pasteAtProduction(() => ({ clientSecret: 'not-that-one' }))],

  'The client secret is not right': async () => [await pasteAtProduction(() => ({ clientSecret: 'a'.repeat(40) }))],

  'The refresh token is not right': async () => {
    const said = await pasteAtProduction(({ fake }) => ({ refreshToken: fake.credentials.refreshToken.slice(0, 80) }))
    return [said, said]
  },

  'Sandbox and production are mixed up': async () => {
    const elsewhere = createVirtualRig()
    const refreshToken = elsewhere.fake.credentials.refreshToken
    await elsewhere.run(['token', '--env', 'sandbox'])
    const { err } = await elsewhere.run(['curl', '/customers/me'])
    return [await pasteAtProduction(() => ({ refreshToken })), err]
  },

  'The grant is revoked': async () => {
    const rig = createVirtualRig()
    await rig.run(['token'])
    rig.fake.revokeGrant()
    await rig.clock.advance(HOUR)
    return [(await rig.run(['curl', '/customers/me'])).err]
  },

  'The answer is 401': async () => [
    await askDoctor(async ({ run, fake }) => {
      await run(['token'])
      fake.invalidateAccessTokens()
    }),
    await askDoctor(({ fake }) => void fake.fail('edge-html', { on: 'all', times: ALWAYS })),
  ],

  'tastytrade does not answer any more': async () => [
    await askDoctor(async ({ run, fake, env }) => {
      await run(['token'], { env: { ...env, TASTY_CLIENT_SECRET: 'd'.repeat(40) } })
      fake.block()
    }),
    await wearOut(),
  ],

  'Nobody was there for ten minutes': async () => {
    const clock = new VirtualClock()
    const wizard = await startWizard({ way: 'authorization-code', clock, fake: { clock: clock.server } })
    await clock.settleUntil(() => wizard.said().includes(wizard.origin))
    await clock.advance(600_000)
    return [await saidBy(wizard)]
  },
}

/** The same wrong secret again and again, until evergrant stops. */
async function wearOut(): Promise<string> {
  const wrong = ['1', '2', '3', '4'].map((digit) => digit.repeat(40))
  let world: Wizard | null = null
  world = await startWizard({
    way: 'personal-grant',
    replies: wrong.flatMap((clientSecret) => [
      ['Client secret', clientSecret] as const,
      ['Refresh token', async () => (await Promise.resolve(), world?.fake.credentials.refreshToken ?? '')] as const,
      ['Go on?', 'again'] as const,
    ]),
  })
  const said = await saidBy(world)
  expect(world.fake.tokenRequests).toBe(3)
  return said
}

describe('the troubles of the tutorial', () => {
  const sections = tutorial()
  const troubles = sections.slice(sections.findIndex(({ heading }) => heading === 'When something goes wrong') + 1)

  it('are those that are had here', () => {
    expect(troubles.map(({ heading }) => heading)).toEqual(Object.keys(TROUBLES))
  })

  it.for(troubles)('$heading: the command says so, and what to do', async (section) => {
    const printed = (await TROUBLES[section.heading]?.(section)) ?? []
    const blocks = [...section.prints, ...section.steps.flatMap(({ prints }) => prints)]
    expect(blocks).toHaveLength(printed.length)
    for (const [place, block] of blocks.entries()) expectPrinted(block, printed[place] ?? '')
  })
})
