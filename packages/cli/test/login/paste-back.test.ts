import { createServer } from 'node:http'
import { expectNoCanary, plantCanaries } from '@evergrant/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Interrupted } from '../../src/terminal/interrupts.ts'
import { openBrowser } from './support/browser.ts'
import { freePort } from './support/free-port.ts'
import { startWizard, type Reply, type Wizard, type WizardOptions } from './support/wizard.ts'

const ADDRESS = /https:\/\/cert-my\.staging-tasty\.works\/\S+/g

/** The last address that the wizard named. */
function named(wizard: Wizard): string {
  return wizard.said().match(ADDRESS)?.at(-1) ?? ''
}

interface Person {
  /** What is pasted, one after the other, made of the wizard as it is then. */
  readonly pastes: readonly ((wizard: Wizard) => string | Promise<string>)[]
  readonly secret?: string
}

async function startWithPerson({ pastes, secret }: Person, options: WizardOptions = {}): Promise<Wizard> {
  let wizard: Wizard | null = null
  const later =
    (make: (wizard: Wizard) => string | Promise<string>): Reply =>
    async () => {
      await Promise.resolve()
      if (wizard === null) throw new Error('Asked too early')
      return make(wizard)
    }
  wizard = await startWizard({
    way: 'authorization-code',
    browser: false,
    ...options,
    replies: [
      ['Client ID', later(({ fake }) => fake.credentials.clientId)],
      ['Client secret', later(({ fake }) => secret ?? fake.credentials.clientSecret)],
      ...pastes.map((make) => ['The address', later(make)] as const),
      ...(options.replies ?? []),
    ],
  })
  return wizard
}

const approved = (wizard: Wizard) => wizard.fake.decide(named(wizard), 'approve')
const never = () => new Promise<string>(() => undefined)

describe('the way by the terminal alone', () => {
  it('logs in with the address that is pasted, opens no browser, and lets nothing secret out', async () => {
    const canaries = plantCanaries()
    const wizard = await startWithPerson({
      pastes: [
        async (now) => {
          const callback = await approved(now)
          canaries.note('code', new URL(callback).searchParams.get('code') ?? '')
          return callback
        },
      ],
    })
    canaries.note('client secret', wizard.fake.credentials.clientSecret)
    const report = await wizard.ended
    expect(report).toMatchObject({ account: 'default', scope: 'read' })
    expect(wizard.opened).toEqual([])
    expect(wizard.fake.tokenRequests).toBe(2)
    canaries.note('refresh token', report.refreshToken.reveal())
    expectNoCanary({ said: wizard.said(), questions: wizard.questions, report }, canaries)
    expect(wizard.said()).toContain(`exactly ${wizard.origin}`)
  })

  it('works with a port that is taken, and with a redirect URI elsewhere', async () => {
    const port = await freePort()
    const other = createServer().listen(port, '127.0.0.1')
    onTestFinished(() => new Promise<void>((resolve) => void other.close(() => resolve())))
    const taken = await startWithPerson({ pastes: [approved] }, { port })
    await expect(taken.ended).resolves.toHaveProperty('scope', 'read')
    const redirectUri = 'https://example.com/callback'
    const elsewhere = await startWithPerson({ pastes: [approved] }, { redirectUri })
    await expect(elsewhere.ended).resolves.toHaveProperty('scope', 'read')
  })

  it('comes back by itself where the browser reaches this machine', async () => {
    const wizard = await startWithPerson({ pastes: [never] })
    await wizard.saw('paste it here')
    const browser = openBrowser(wizard.origin)
    const page = await browser.go(await approved(wizard))
    expect(page.text).toContain('You are logged in')
    expect(page.text).not.toContain('<form')
    await expect(wizard.ended).resolves.toHaveProperty('scope', 'read')
  })

  it.for([
    ['no address', () => 'what?', /That is no address/],
    ['the address of the page before', (wizard: Wizard) => wizard.origin, /no state in it/],
  ] as const)('asks again for %s', async ([, wrong, words]) => {
    const wizard = await startWithPerson({ pastes: [wrong, approved] })
    await expect(wizard.ended).resolves.toHaveProperty('scope', 'read')
    expect(wizard.questions.find((text) => text.startsWith('!'))).toMatch(words)
  })

  it('asks again for a client secret that was not copied well', async () => {
    const wizard = await startWithPerson({ pastes: [approved], secret: 'Bearer invented' })
    await expect(wizard.ended).rejects.toThrow('Nobody answers: Client secret')
    expect(wizard.questions).toContain('! It has the word "Bearer" in front of it. Copy what comes after that word.')
  })

  it('refuses the address of another login, spends nothing, and begins anew if the person wants to', async () => {
    let earlier = ''
    const wizard = await startWithPerson(
      {
        pastes: [
          async (now) => {
            earlier = await approved(now)
            const other = new URL(earlier)
            other.searchParams.set('state', '0'.repeat(64))
            return other.href
          },
          () => earlier,
          approved,
        ],
      },
      {
        replies: [
          ['Go on?', 'again'],
          ['Go on?', 'again'],
        ],
      },
    )
    await expect(wizard.ended).resolves.toHaveProperty('scope', 'read')
    expect(wizard.said()).toContain('was not made by this login')
    expect(wizard.fake.tokenRequests).toBe(2)
  })

  it.for<[string, Person, RegExp, RegExp]>([
    [
      'a refusal',
      { pastes: [(wizard) => wizard.fake.decide(named(wizard), 'deny')] },
      /was not allowed/,
      /choose to allow it/,
    ],
    [
      'a wrong client secret',
      { pastes: [approved], secret: 'invented' },
      /client secret is not right/,
      /Make a new one/,
    ],
    [
      'a server in trouble, which is not sent the code twice,',
      {
        pastes: [
          (wizard) => {
            wizard.fake.fail('server-error')
            return approved(wizard)
          },
        ],
      },
      /trouble of its own/,
      /Wait a few minutes/,
    ],
    [
      'a code that is not good',
      {
        pastes: [
          async (wizard) => {
            const callback = new URL(await approved(wizard))
            callback.searchParams.set('code', 'a'.repeat(32))
            return callback.href
          },
        ],
      },
      /code from the browser was not accepted/,
      /exactly this redirect URI/,
    ],
  ])('tells of %s with its cause and a next step', async ([, person, cause, step]) => {
    const wizard = await startWithPerson(person, { replies: [['Go on?', 'stop']] })
    await expect(wizard.ended).rejects.toHaveProperty('message', 'Not logged in')
    expect(wizard.said()).toMatch(cause)
    expect(wizard.said()).toMatch(step)
    expect(wizard.fake.tokenRequests).toBeLessThanOrEqual(1)
    expect(await wizard.account()).toMatchObject({ credentials: false, signedOut: false })
  })

  it('ends on Ctrl-C, and leaves no server', async () => {
    const wizard = await startWithPerson({ pastes: [never] })
    await wizard.saw('paste it here')
    wizard.interrupt()
    await expect(wizard.ended).rejects.toBeInstanceOf(Interrupted)
    await expect(openBrowser(wizard.origin).go(`${wizard.origin}/`)).rejects.toThrow('ECONNREFUSED')
  })

  it('needs a terminal', async () => {
    const { ended } = await startWizard({ way: 'authorization-code', browser: false, terminal: false })
    await expect(ended).rejects.toHaveProperty('code', 'unsupported')
  })
})
