import { isEvergrantError } from '@evergrant/core'
import { expectNoCanary, fakeTastytrade, plantCanaries } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { Interrupted } from '../../src/terminal/interrupts.ts'
import { startWizard, type Reply, type Wizard, type WizardOptions } from './support/wizard.ts'

type Pasted = readonly [clientSecret: string, refreshToken: string]

/** A wizard in which somebody pastes these, one pair after the other, with "Try again" between, and "Stop" at the end. */
async function paste(pairs: (wizard: Pick<Wizard, 'fake'>) => readonly Pasted[], options: WizardOptions = {}) {
  // The replies are made once there is a fake to take the credentials from.
  let wizard: Wizard | null = null
  let given: readonly Pasted[] | null = null
  const pair = (at: number): Pasted => {
    if (wizard === null) throw new Error('Asked too early')
    return (given ??= pairs(wizard))[at] ?? ['', '']
  }
  const later =
    (make: () => string): Reply =>
    async () => {
      await Promise.resolve()
      return make()
    }
  const replies = [0, 1, 2, 3].flatMap((at) => [
    ['Client secret', later(() => pair(at)[0])] as const,
    ['Refresh token', later(() => pair(at)[1])] as const,
    ['Go on?', later(() => (at + 1 < (given?.length ?? 0) ? 'again' : 'stop'))] as const,
  ])
  wizard = await startWizard({ way: 'personal-grant', replies, ...options })
  return wizard
}

function good({ fake }: Pick<Wizard, 'fake'>): Pasted {
  return [fake.credentials.clientSecret, fake.credentials.refreshToken]
}

describe('a login with a personal grant', () => {
  it('says where to click, tries what was pasted once, and leaves a token behind', async () => {
    const wizard = await paste((world) => [good(world)])
    const { fake } = wizard
    await expect(wizard.ended).resolves.toMatchObject({ account: 'default', place: '.secrets', scope: 'read trade' })
    expect(wizard.questions.map((question) => question.slice(0, 13))).toEqual(['Client secret', 'Refresh token'])
    expect(wizard.said()).toMatch(
      /1\. Open https:\/\/developer\.tastytrade\.com.*\n.*\n.*redirect URI http:\/\/localhost/,
    )
    expect(wizard.said()).toContain('Create Grant')
    expect(wizard.said()).toContain('for as long as EVERGRANT_ENV=sandbox is set, as it is here')
    expect(wizard.said()).not.toContain('--env sandbox')
    expect(wizard.said()).toContain('can place orders')
    expect(fake.tokenRequests).toBe(1)
    await wizard.bot().getToken()
    expect(fake.tokenRequests).toBe(1)
  })

  it('says how others find a sandbox that was only named to this command', async () => {
    const wizard = await paste((world) => [good(world)], { env: { EVERGRANT_ENV: '' }, flags: { env: 'sandbox' } })
    await wizard.ended
    expect(wizard.said()).toContain('Other commands need --env sandbox, or EVERGRANT_ENV=sandbox.')
  })

  it('lets nothing secret out', async () => {
    const canaries = plantCanaries()
    const wizard = await paste(({ fake }) => {
      canaries.note('client secret', fake.credentials.clientSecret)
      canaries.note('refresh token', fake.credentials.refreshToken)
      fake.fail('echo-secrets')
      return [good({ fake }), good({ fake })]
    })
    const report = await wizard.ended
    canaries.note('access token', (await wizard.bot().getToken()).value)
    expect(wizard.fake.tokenRequests).toBe(2)
    expectNoCanary({ said: wizard.said(), questions: wizard.questions, report }, canaries)
  })

  it.for([
    ['an access token', ({ fake }: Pick<Wizard, 'fake'>) => fake.mintAccessToken(), /access token/],
    ['a space', () => 'two words', /space or a line break/],
  ] as const)('turns down %s for a refresh token before anything is sent', async ([, wrong, words]) => {
    const wizard = await paste((world) => [
      [good(world)[0], wrong(world)],
      ['unused', good(world)[1]],
    ])
    await wizard.ended
    expect(wizard.questions.filter((question) => question.startsWith('!'))).toEqual([expect.stringMatching(words)])
    expect(wizard.fake.tokenRequests).toBe(1)
  })

  it('turns down a refresh token for a client secret before anything is sent', async () => {
    const wizard = await paste((world) => [
      [good(world)[1], good(world)[1]],
      [good(world)[0], 'unused'],
    ])
    await wizard.ended
    expect(wizard.questions.filter((question) => question.startsWith('!'))).toEqual([
      expect.stringContaining('The client secret comes first'),
    ])
    expect(wizard.fake.tokenRequests).toBe(1)
  })

  it('ends on Ctrl-C at a question, and nothing is there', async () => {
    const wizard = await startWizard({
      way: 'personal-grant',
      replies: [['Client secret', () => new Promise<string>(() => undefined)]],
    })
    await wizard.saw('Paste both here')
    wizard.interrupt()
    await expect(wizard.ended).rejects.toBeInstanceOf(Interrupted)
    expect(await wizard.account()).toHaveProperty('credentials', false)
  })

  it('needs a terminal, and says what programs do', async () => {
    const { ended } = await startWizard({ way: 'personal-grant', terminal: false })
    await expect(ended).rejects.toMatchObject({
      code: 'unsupported',
      help: expect.stringContaining('TASTY_REFRESH_TOKEN') as string,
    })
    const undecided = await startWizard({ terminal: false })
    await expect(undecided.ended).rejects.toMatchObject({
      code: 'usage',
      help: expect.stringContaining('--way') as string,
    })
  })

  it('asks for the environment and the way, if nothing says', async () => {
    const wizard = await startWizard({
      env: { EVERGRANT_ENV: '' },
      replies: [
        ['Which environment?', 'production'],
        ['How do you log in?', 'personal-grant'],
        ['Client secret', () => new Promise<string>(() => undefined)],
      ],
    })
    await wizard.saw('my.tastytrade.com')
    wizard.interrupt()
    await expect(wizard.ended).rejects.toBeInstanceOf(Interrupted)
  })
})

const otherFake = fakeTastytrade()
/** Three parts, as a refresh token has them, and none. */
const UNREADABLE = 'e30.e30.invented'

describe('a trouble', () => {
  it.for<[string, (wizard: Pick<Wizard, 'fake'>) => Pasted, cause: RegExp, step: RegExp]>([
    [
      'an invalid client secret',
      ({ fake }) => ['invented', fake.credentials.refreshToken],
      /client secret is not right/,
      /Make a new one: https:\/\/developer/,
    ],
    [
      'an invalid refresh token',
      (world) => [good(world)[0], UNREADABLE],
      /not a refresh token/,
      /Copy the refresh token again, whole/,
    ],
    [
      'a refresh token of the other environment',
      (world) => [good(world)[0], otherFake.credentials.refreshToken],
      /belongs to the production environment/,
      /--env production/,
    ],
    [
      'a revoked grant',
      (world) => {
        world.fake.revokeGrant()
        return good(world)
      },
      /grant was deleted/,
      /Make a new refresh token: https:\/\/developer/,
    ],
    [
      'a sandbox that has a bad morning',
      (world) => {
        world.fake.fail('transient-invalid-request')
        return good(world)
      },
      /turned the login away for now/,
      /Wait a few minutes/,
    ],
    [
      'a server in trouble',
      (world) => {
        world.fake.fail('server-error')
        return good(world)
      },
      /trouble of its own/,
      /Wait a few minutes/,
    ],
    [
      'a broken network',
      (world) => {
        world.fake.fail('connection-reset')
        return good(world)
      },
      /cannot be reached/,
      /other websites/,
    ],
    [
      'a proxy that answers',
      (world) => {
        world.fake.fail('edge-html')
        return good(world)
      },
      /in front of tastytrade refused/,
      /VPN or proxy/,
    ],
  ])('%s is told with its cause and a next step, and keeps what was there', async ([, pair, cause, step]) => {
    const wizard = await paste((world) => [pair(world)])
    const before = await wizard.account()
    const error: unknown = await wizard.ended.catch((thrown: unknown) => thrown)
    expect(isEvergrantError(error)).toBe(true)
    expect(wizard.said()).toMatch(cause)
    expect(wizard.said()).toMatch(step)
    expect(wizard.fake.tokenRequests).toBe(1)
    expect((await wizard.account()).credentials).toBe(before.credentials)
  })

  it('can be mended in the same run', async () => {
    const wizard = await paste((world) => [['invented', good(world)[1]], good(world)])
    await expect(wizard.ended).resolves.toHaveProperty('account', 'default')
    expect(wizard.fake.failedLogins).toBe(1)
  })

  it('three times over spends the budget: nothing more is sent, and the next run asks for no secret', async () => {
    const wrong = ({ fake }: Pick<Wizard, 'fake'>) =>
      ['one', 'two', 'three', 'four'].map((secret) => [secret, fake.credentials.refreshToken] as const)
    const wizard = await paste(wrong, { fake: { blockAfter: 4 } })
    await expect(wizard.ended).rejects.toMatchObject({
      code: 'login-budget-spent',
      message: expect.stringContaining('nothing was sent') as string,
      help: expect.stringMatching(/Wait until \d\d:\d\d:\d\d \(in/) as string,
    })
    expect(wizard.fake).toMatchObject({ tokenRequests: 3, failedLogins: 3, blocked: false })
    const next = await startWizard({ way: 'personal-grant', folder: wizard.folder })
    await expect(next.ended).rejects.toHaveProperty('code', 'login-budget-spent')
    expect(next.questions).toEqual([])
  })

  it('of an address that is blocked is told before anybody is asked', async () => {
    const wizard = await paste((world) => [['one', good(world)[1]]])
    await wizard.ended.catch(() => undefined)
    const bot = wizard.bot({ clientSecret: 'two', refreshToken: wizard.fake.credentials.refreshToken })
    await bot.dispose()
    const { fileStore } = await import('@evergrant/adapters/file')
    const store = fileStore(wizard.store)
    const [key = ''] = (await store.keys?.('issuer/')) ?? []
    const ledger = (await store.read(key))?.value
    const now = Date.now()
    const block = { reason: 'ip-block-suspected', since: now, until: now + 3_600_000, probes: 0, claim: null }
    await store.write(key, { ...(ledger as object), block })
    const next = await startWizard({ way: 'personal-grant', folder: wizard.folder })
    await expect(next.ended).rejects.toMatchObject({
      code: 'ip-block-suspected',
      message: expect.stringContaining('blocked this address') as string,
      help: expect.stringContaining('api.support@tastytrade.com') as string,
    })
    expect(next.questions).toEqual([])
  })
})
