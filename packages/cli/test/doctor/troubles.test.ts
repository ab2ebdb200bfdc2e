import { spawnSync } from 'node:child_process'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/doctor/finding.ts'
import { createRig } from '../support/rig.ts'
import { createVirtualRig } from '../support/virtual-rig.ts'
import { diagnose } from './diagnosis.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A finding as a person reads it. */
const words = ({ title, cause, next }: Finding): string => [title, cause, ...next].join('\n')

describe('what the server says of a login', () => {
  it('is told for a client secret that is wrong', async () => {
    const { fake, env, run } = createVirtualRig()
    const wrong = { ...env, TASTY_CLIENT_SECRET: 'b'.repeat(40) }
    const { code, of } = await diagnose({ run }, ['--yes'], { env: wrong })
    const login = of('login')
    expect(login).toMatchObject({ level: 'error', ending: 'login-dead', page: 'https://my.tastytrade.com' })
    expect(login.title).toBe('The client secret is not right.')
    expect(login.cause).toContain('belongs to another application or environment')
    expect(login.next.join()).toMatch(/Copy it again, whole.*Lost\? Make a new one.*new refresh token too/)
    expect(code).toBe(4)
    expect(fake.tokenRequests).toBe(1)

    // From now on it is known, and not sent again.
    const again = await diagnose({ run }, ['--yes'], { env: wrong })
    expect(words(again.of('grant'))).toMatch(
      /refused the client secret(?:.|\n)*Lost\? Make a new one.*ends every grant/,
    )
    expect(again.of('login').title).toContain('the server has refused these credentials before')
    expect(again.code).toBe(4)
    expect(fake.tokenRequests).toBe(1)
  })

  it('is told for a refresh token that the server cannot read', async () => {
    const { fake, run } = createVirtualRig()
    fake.fail('invalid-jwt')
    const { of, code } = await diagnose({ run }, ['--yes'])
    expect(words(of('login'))).toMatch(/That is not a refresh token(?:.|\n)*Copy the refresh token again, whole/)
    expect(code).toBe(4)
    expect(fake.tokenRequests).toBe(1)
  })

  it('is told for a grant that was revoked, with the way to a new one', async () => {
    const { fake, run } = createVirtualRig()
    fake.revokeGrant()
    const first = await diagnose({ run }, ['--yes'])
    expect(words(first.of('login'))).toMatch(
      /not valid any more(?:.|\n)*its grant was deleted(?:.|\n)*Make a new refresh token: https:\/\/my\.tastytrade\.com → Manage → My Profile → API → OAuth Applications → Create Grant/,
    )
    const { of, code } = await diagnose({ run }, ['--yes'])
    const grant = of('grant')
    expect(grant).toMatchObject({
      level: 'error',
      page: 'https://my.tastytrade.com',
      facts: { revoked: 'grant-revoked' },
    })
    expect(words(grant)).toMatch(
      /The grant is revoked(?:.|\n)*deleted on the website(?:.|\n)*Create Grant(?:.|\n)*evergrant login/,
    )
    expect(code).toBe(4)
    expect(fake.tokenRequests).toBe(1)
  })

  it('is told for a token of production in the sandbox, which answers "Grant revoked"', async () => {
    const production = createVirtualRig()
    const sandbox = createVirtualRig()
    const mixedUp = { env: production.env }
    const first = await diagnose(sandbox, ['--yes', '--env', 'sandbox'], mixedUp)
    expect(words(first.of('login'))).toMatch(
      /not here(?:.|\n)*belongs to the production environment(?:.|\n)*--env production/,
    )
    const { of } = await diagnose(sandbox, ['--yes', '--env', 'sandbox'], mixedUp)
    expect(words(of('grant'))).toMatch(
      /a token of production, to which the sandbox answers "Grant revoked"(?:.|\n)*--env production/,
    )
    expect(of('grant').page).toBe('https://developer.tastytrade.com')
    expect(sandbox.fake.tokenRequests).toBe(1)
  })

  it('is told for a healthy login that the sandbox turns away for now', async () => {
    const { fake, run } = createVirtualRig()
    fake.fail('transient-invalid-request')
    const { of, code } = await diagnose({ run }, ['--yes'])
    expect(words(of('login'))).toMatch(/turned the login away for now(?:.|\n)*Wait a few minutes/)
    expect(code).toBe(6)
    expect(fake.tokenRequests).toBe(1)
  })
})

describe('what can be seen without a login', () => {
  it('is that nobody is logged in', async () => {
    const { fake, run } = createVirtualRig()
    const { of, code } = await diagnose({ run }, ['--yes'], { env: {} })
    expect(words(of('credentials'))).toMatch(
      /Nobody is logged in(?:.|\n)*TASTY_REFRESH_TOKEN(?:.|\n)*Run: evergrant login/,
    )
    expect(of('login').title).toContain('there are no credentials for it')
    expect(code).toBe(3)
    expect(fake.tokenRequests).toBe(0)
  })

  it('is a client secret that was lost', async () => {
    const { fake, env, run } = createVirtualRig()
    const { of, code } = await diagnose({ run }, ['--yes'], {
      env: { TASTY_REFRESH_TOKEN: env['TASTY_REFRESH_TOKEN'] },
    })
    const credentials = of('credentials')
    expect(credentials.title).toMatch(/TASTY_REFRESH_TOKEN.* is set .*but TASTY_CLIENT_SECRET.* is not/)
    expect(words(credentials)).toMatch(
      /shown once, when it is made\. Lost\? Make a new one; that ends every grant, so make a new refresh token too: https:\/\/my\.tastytrade\.com/,
    )
    expect(code).toBe(3)
    expect(fake.tokenRequests).toBe(0)
  })

  it('is a refresh token that is missing', async () => {
    const { env, run } = createVirtualRig()
    const { of } = await diagnose({ run }, [], { env: { TASTY_CLIENT_SECRET: env['TASTY_CLIENT_SECRET'] } })
    expect(words(of('credentials'))).toMatch(/but TASTY_REFRESH_TOKEN.* is not(?:.|\n)*Make a new refresh token/)
  })

  it.each([
    ['half of a refresh token', (token: string) => token.slice(0, token.length / 2), /is none\.(?:.|\n)*cut off/],
    ['a client secret', () => 'c'.repeat(40), /is none\.(?:.|\n)*such as the client secret/],
  ])('is %s in the place of a refresh token', async (_, spoil, expected) => {
    const { fake, env, run } = createVirtualRig()
    const spoilt = { ...env, TASTY_REFRESH_TOKEN: spoil(env['TASTY_REFRESH_TOKEN'] ?? '') }
    const { of, code } = await diagnose({ run }, ['--yes'], { env: spoilt })
    expect(words(of('refresh-token'))).toMatch(expected)
    expect(words(of('refresh-token'))).toMatch(
      /Copy the refresh token again, whole(?:.|\n)*Lost\? Make a new refresh token/,
    )
    expect(code).toBe(4)
    expect(fake.tokenRequests).toBe(0)
  })

  it('is an access token in the place of a refresh token', async () => {
    const { fake, env, run } = createVirtualRig()
    const { of } = await diagnose({ run }, ['--yes'], { env: { ...env, TASTY_REFRESH_TOKEN: fake.mintAccessToken() } })
    expect(words(of('refresh-token'))).toMatch(/is an access token(?:.|\n)*lives for 15 minutes/)
    expect(fake.tokenRequests).toBe(0)
  })

  it('is a client ID of another application', async () => {
    const { env, run } = createVirtualRig()
    const { of } = await diagnose({ run }, [], { env: { ...env, TASTY_CLIENT_ID: 'somebody-else' } })
    expect(of('refresh-token')).toMatchObject({ level: 'warning' })
    expect(words(of('refresh-token'))).toMatch(/different applications(?:.|\n)*from one application/)
  })

  it('is an account that was signed out, and an account with another name', async () => {
    const rig = await createRig()
    await rig.logIn('second')
    const { of } = await diagnose(rig, [], { env: rig.env })
    expect(words(of('credentials'))).toContain('The store has other accounts: second. Name one with --account.')
    await rig.run(['logout', '--account', 'second'])
    const out = await diagnose(rig, ['--account', 'second'], { env: rig.env })
    expect(words(out.of('grant'))).toMatch(/was signed out(?:.|\n)*evergrant login/)
    expect(out.code).toBe(3)
    // Credentials of the environment do not undo it.
    await rig.run(['token'])
    await rig.run(['logout'])
    const still = await diagnose(rig, ['--yes'])
    expect(still.of('login').title).toBe('No login was tried: the account was signed out.')
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('is which source of credentials counts', async () => {
    const rig = await createRig()
    const { clientSecret, refreshToken } = rig.fake.credentials
    await writeFile(join(rig.folder, '.env'), `TT_SECRET=${clientSecret}\nTT_REFRESH=${refreshToken}\n`, {
      mode: 0o600,
    })
    const file = await diagnose(rig, [], { env: rig.env })
    expect(file.report.findings.find(({ check }) => check === 'credentials')).toMatchObject({
      title: 'The credentials come from the .env.',
      facts: { from: 'environment', environment: 'none', file: 'complete', store: 'none' },
    })
    const both = await diagnose(rig, [])
    expect(words(both.of('credentials'))).toContain('the environment wins')
    await rig.logIn()
    const store = await diagnose(rig, [])
    expect(words(store.of('credentials'))).toMatch(
      /The environment has credentials too, and they are not used(?:.|\n)*logout/,
    )
    expect(store.troubles).toEqual([])
  })

  it('is that the environment takes the place of a login in the store that is dead', async () => {
    const rig = await createRig()
    await rig.logIn('default', { ...rig.fake.credentials, clientSecret: 'f'.repeat(40) })
    await rig.run(['token'], { env: rig.env })
    const dead = await diagnose(rig, ['--yes'], { env: rig.env })
    expect(dead.of('grant')).toMatchObject({ level: 'error', facts: { revoked: 'client-rejected' } })
    const alive = await diagnose(rig, ['--yes'])
    expect(alive.of('credentials').facts['from']).toBe('environment')
    expect(alive.of('login').level).toBe('ok')
    expect(rig.fake.tokenRequests).toBe(2)
  })
})

describe('a block, and the budget before it', () => {
  it('are told with their end, and nothing is sent into them', async () => {
    const { clock, fake, env, run } = createVirtualRig({ blockAfter: null })
    const secrets = ['1', '2', '3'].map((digit) => ({ ...env, TASTY_CLIENT_SECRET: digit.repeat(40) }))
    for (const wrong of secrets.slice(0, 2)) await run(['token'], { env: wrong })
    const used = await diagnose({ run }, [], { env })
    expect(words(used.of('budget'))).toMatch(
      /2 of 3 failed logins are used up; 1 left within 10 min(?:.|\n)*evergrant accounts/,
    )
    await run(['token'], { env: secrets[2] ?? {} })
    const spent = await diagnose({ run }, ['--yes'], { env })
    expect(spent.of('budget')).toMatchObject({ level: 'error', ending: 'blocked', facts: { left: 0, failed: 3 } })
    expect(words(spent.of('budget'))).toMatch(/budget is spent(?:.|\n)*8 hours(?:.|\n)*Wait until .* \(in 10 min\)/)
    expect(spent.of('login').title).toContain('logging in has to wait')
    // Waiting ten minutes is not waiting eight hours.
    expect(spent.of('block').level).toBe('ok')
    expect(spent.code).toBe(5)
    expect(fake.tokenRequests).toBe(3)
    await clock.advance(11 * MINUTE)
    expect((await diagnose({ run }, ['--yes'], { env })).code).toBe(0)
    expect(fake.tokenRequests).toBe(4)
  })

  it('are suspected where the server falls silent after a failed login', async () => {
    const { fake, env, run } = createVirtualRig()
    await run(['token'], { env: { ...env, TASTY_CLIENT_SECRET: 'd'.repeat(40) } })
    fake.block()
    const asked = fake.requests.length
    const { of, code } = await diagnose({ run }, ['--yes'])
    expect(of('reachability')).toMatchObject({ level: 'error', ending: 'blocked', facts: { blockSuspected: true } })
    expect(words(of('reachability'))).toMatch(
      /did not answer within 10 s: this address is probably blocked(?:.|\n)*about 8 hours(?:.|\n)*Stop everything that logs in/,
    )
    expect(of('login').title).toContain('the server does not answer')
    expect(code).toBe(5)
    // One request without a credential, and none after it.
    expect(fake.requests.slice(asked)).toMatchObject([{ kind: 'api', credential: false, outcome: 'blocked' }])
  })

  it('are known from the store, until when', async () => {
    const rig = createVirtualRig()
    const { clock, fake, run } = rig
    fake.block()
    const session = rig.bot()
    session.getToken().catch(() => undefined)
    await clock.advanceUntil(() => session.getSnapshot().state === 'blocked')
    await session.dispose()
    const requests = fake.tokenRequests
    expect(requests).toBe(6)
    const { of, code } = await diagnose({ run }, ['--yes'])
    const block = of('block')
    expect(block).toMatchObject({ level: 'error', ending: 'blocked', facts: { reason: 'ip-block-suspected' } })
    const { until } = block.facts as { until: number }
    expect(until - clock.now()).toBeGreaterThan(7 * HOUR)
    expect(until - clock.now()).toBeLessThanOrEqual(8 * HOUR)
    expect(words(block)).toMatch(
      /blocked this address(?:.|\n)*over at the latest at .*\(in (?:7 h 59 min|8 h)(?:.|\n)*api\.support@tastytrade\.com/,
    )
    expect(code).toBe(5)
    expect(fake.tokenRequests).toBe(requests)

    // A login that is dead, or missing, does not hide it.
    expect((await diagnose({ run }, [], { env: {} })).of('block').level).toBe('error')
  })
})

describe('the way to the server', () => {
  it('is told where the edge answers 401 in its place, with a page or with nothing', async () => {
    for (const fault of ['edge-html', 'edge-empty', 'edge-forbidden-html'] as const) {
      const { fake, run } = createVirtualRig()
      fake.fail(fault, { on: 'all', times: Number.POSITIVE_INFINITY })
      const { of, code } = await diagnose({ run }, ['--yes'])
      expect(of('user-agent')).toMatchObject({
        level: 'error',
        ending: 'blocked',
        page: 'https://developer.tastytrade.com/faq',
      })
      expect(words(of('user-agent'))).toMatch(
        /answers 40[13], before the server itself has seen(?:.|\n)*User-Agent of the form name\/version(?:.|\n)*Keep the refresh token/,
      )
      expect(of('login').title).toContain('would not reach the server')
      expect(fake.requests).toHaveLength(1)
      expect(code).toBe(5)
      expect(fake.tokenRequests).toBe(0)
    }
  })

  it('says what a program without a User-Agent meets', async () => {
    const strict = await diagnose(createVirtualRig(), [])
    expect(strict.of('user-agent')).toMatchObject({ level: 'note', facts: { status: 404, bareStatus: 401 } })
    expect(words(strict.of('user-agent'))).toMatch(/sends none(?:.|\n)*A 401 in your own program\? Send a User-Agent/)
    const lax = await diagnose(createVirtualRig({ userAgentRequired: false }), [])
    expect(lax.of('user-agent')).toMatchObject({ level: 'ok', facts: { bareStatus: 404 } })
    // A refusal in JSON is the server's own.
    const { fake, run } = createVirtualRig({ userAgentRequired: false })
    fake.fail('api-unauthorized', { on: 'all', times: 2 })
    const own = await diagnose({ run }, ['--yes'])
    expect(own.of('user-agent')).toMatchObject({ level: 'ok', facts: { status: 401, bareStatus: 401 } })
  })

  it.each([
    [3 * HOUR, 'warning', /3 h ahead of the server's/],
    [-2 * HOUR, 'warning', /2 h behind the server's/],
    [20_000, 'note', /20 s ahead/],
    [2_000, 'ok', /agrees/],
  ] as const)('shows a clock that is off by %d ms', async (skew, level, title) => {
    const { of, code } = await diagnose(createVirtualRig({ skew }), ['--yes'])
    expect(of('clock')).toMatchObject({ level, title: expect.stringMatching(title) })
    expect(code).toBe(level === 'warning' ? 10 : 0)
    if (level === 'warning')
      expect(words(of('clock'))).toMatch(/other programs are(?:.|\n)*set its clock by the network/)
  })

  it('does not take a cached answer for the time', async () => {
    const { fake, run } = createVirtualRig()
    fake.fail('cached-date', { on: 'all', times: Number.POSITIVE_INFINITY })
    const { report } = await diagnose({ run }, [])
    expect(report.findings.filter(({ check }) => check === 'clock')).toEqual([])
  })

  it('tells a silence without failed logins, and does not spend a login on it', async () => {
    const { clock, fake, run } = createVirtualRig()
    fake.fail('never-answers', { on: 'all', times: Number.POSITIVE_INFINITY })
    const before = clock.monotonic()
    const { of, code } = await diagnose({ run }, ['--yes'])
    expect(words(of('reachability'))).toMatch(/firewall(?:.|\n)*blocked(?:.|\n)*other websites open/)
    expect(of('reachability').facts['blockSuspected']).toBe(false)
    expect(code).toBe(6)
    expect(clock.monotonic() - before).toBe(10_000)
    expect(fake.tokenRequests).toBe(0)
    expect(fake.openRequests).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('tells a server that is not there, or not encrypted', async () => {
    const rig = await createRig()
    const closed = await diagnose(rig, ['--base-url', 'http://127.0.0.1:9', '--yes'])
    expect(words(closed.of('reachability'))).toMatch(/127\.0\.0\.1:9 cannot be reached \(\w+\)(?:.|\n)*firewall/)
    expect(closed.code).toBe(6)
    const plain = await diagnose(rig, ['--base-url', rig.url.replace('http:', 'https:'), '--yes'])
    expect(words(plain.of('reachability'))).toMatch(/is not safe \(ERR_SSL_\w+\)(?:.|\n)*NODE_EXTRA_CA_CERTS/)
    expect(rig.fake.tokenRequests).toBe(0)
  })

  it('tells a name that cannot be found, and a proxy that Node goes past', async () => {
    const { env, run } = createVirtualRig()
    const cause = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
    const fetch = () => Promise.reject(new TypeError('fetch failed', { cause }))
    const { of } = await diagnose({ run }, ['--yes'], {
      fetch,
      env: { ...env, HTTPS_PROXY: 'http://user:hunter2@proxy:1' },
    })
    expect(words(of('reachability'))).toMatch(
      /name api\.tastyworks\.com cannot be found \(ENOTFOUND\)(?:.|\n)*nslookup/,
    )
    const past = await diagnose({ run }, [], { env: { ...env, HTTPS_PROXY: 'http://user:hunter2@proxy:1' } })
    expect(words(past.of('reachability'))).toMatch(/HTTPS_PROXY is set, and not used(?:.|\n)*NODE_USE_ENV_PROXY=1/)
    expect(JSON.stringify(past.report)).not.toContain('hunter2')
  })
})

describe('the store', () => {
  it('is told to be open to others', async () => {
    const rig = await createRig()
    await rig.logIn()
    await chmod(rig.store, 0o644)
    const { of, code } = await diagnose(rig, ['--yes'], { env: rig.env })
    expect(words(of('store'))).toMatch(/Others may read .*mode 0644(?:.|\n)*Whoever can read(?:.|\n)*chmod 600/)
    expect(code).toBe(7)
    expect(of('login').title).toContain('the store cannot be used')
    // What is in the environment can be looked at all the same.
    const spoilt = { ...rig.loggedIn, TASTY_REFRESH_TOKEN: 'cut-off' }
    expect((await diagnose(rig, [], { env: spoilt })).of('refresh-token').level).toBe('error')
    expect(rig.fake.tokenRequests).toBe(0)
  })

  it('is told to keep the account for the other environment', async () => {
    const { fake, run } = createVirtualRig()
    await run(['token', '--env', 'sandbox'])
    const { of, code } = await diagnose({ run }, ['--yes', '--env', 'production'])
    expect(words(of('store'))).toMatch(/cert(?:.|\n)*logged in at another environment(?:.|\n)*doctor --env sandbox/)
    expect(code).toBe(2)
    expect(fake.tokenRequests).toBe(1)
  })

  it.each([
    ['cut off', (text: string) => text.slice(0, 40), /is not whole(?:.|\n)*cut off(?:.|\n)*backup/],
    ['empty', () => '', /is empty(?:.|\n)*backup/],
    [
      'of a newer evergrant',
      (text: string) => text.replace('"version": 1', '"version": 9'),
      /newer evergrant(?:.|\n)*Update evergrant/,
    ],
    [
      'damaged within',
      (text: string) => text.replace('"generation": 0', '"generation": "many"'),
      /cannot be read \(generation\)(?:.|\n)*log in again/,
    ],
  ])('is told to be %s, and left as it is', async (_, spoil, expected) => {
    const rig = await createRig()
    await rig.logIn()
    const spoilt = spoil(await readFile(rig.store, 'utf8'))
    await writeFile(rig.store, spoilt)
    const { of, code } = await diagnose(rig, ['--yes'], { env: rig.env })
    expect(words(of('store'))).toMatch(expected)
    expect(code).toBe(7)
    expect(rig.fake.tokenRequests).toBe(0)
    expect(await readFile(rig.store, 'utf8')).toBe(spoilt)
  })

  it('is told to be in use by a newer evergrant, and the rest is looked at all the same', async () => {
    const rig = createVirtualRig()
    const leases = JSON.stringify({ format: 'evergrant-leases', version: 2, leases: {} })
    await writeFile(join(rig.folder, '.secrets.leases'), leases)
    const { of, code } = await diagnose(rig, ['--no-login'])
    expect(of('store')).toMatchObject({ level: 'error', ending: 'store', facts: { code: 'store-corrupt' } })
    expect(words(of('store'))).toMatch(/newer evergrant(?:.|\n)*Update evergrant/)
    expect(of('reachability').level).toBe('ok')
    expect(code).toBe(7)
  })

  it('is told to lie in a git folder, ignored or not, or to be in the repository', async () => {
    const rig = await createRig()
    await rig.logIn()
    const git = (...words: string[]) => expect(spawnSync('git', ['-C', rig.folder, ...words]).status).toBe(0)
    git('init', '--quiet')
    const exposed = await diagnose(rig, [], { env: rig.env })
    expect(exposed.of('files')).toMatchObject({ level: 'warning', facts: { git: 'exposed' } })
    expect(words(exposed.of('files'))).toMatch(/not ignored(?:.|\n)*\.gitignore in its folder: \/\.secrets/)
    expect(exposed.code).toBe(10)
    await writeFile(join(rig.folder, '.gitignore'), '/.secrets\n')
    expect((await diagnose(rig, [], { env: rig.env })).of('files').level).toBe('ok')
    git('add', '--force', '.secrets')
    const tracked = await diagnose(rig, [], { env: rig.env })
    expect(words(tracked.of('files'))).toMatch(
      /part of a git repository(?:.|\n)*git rm --cached \.secrets(?:.|\n)*new client secret/,
    )
    expect(tracked.code).toBe(7)
  })

  it('has an .env beside it that others may read', async () => {
    const rig = await createRig()
    const { clientSecret, refreshToken } = rig.fake.credentials
    const path = join(rig.folder, '.env')
    await writeFile(path, `TT_SECRET=${clientSecret}\nTT_REFRESH=${refreshToken}\n`)
    await chmod(path, 0o644)
    const { of, code } = await diagnose(rig, [], { env: rig.env })
    expect(words(of('files'))).toMatch(/may read \.env \(mode 0644\)(?:.|\n)*chmod 600/)
    expect(code).toBe(10)
    await chmod(path, 0o600)
    expect((await diagnose(rig, [], { env: rig.env })).code).toBe(0)
  })
})

describe('what a login may do', () => {
  it('is compared with what is wanted', async () => {
    const { fake, run } = createVirtualRig()
    const { clientSecret, refreshToken } = fake.createGrant({ scopes: ['read'] })
    const reader = { env: { TASTY_CLIENT_SECRET: clientSecret, TASTY_REFRESH_TOKEN: refreshToken } }
    // From the refresh token itself, before there is another.
    const before = await diagnose({ run }, ['--need', 'trade'], reader)
    const { of, code } = await diagnose({ run }, ['--yes', '--need', 'trade'], reader)
    for (const scopes of [before.of('scopes'), of('scopes')]) {
      expect(scopes).toMatchObject({ level: 'error', facts: { scope: 'read', missing: ['trade'] } })
      expect(words(scopes)).toMatch(/may not trade(?:.|\n)*403(?:.|\n)*Tick "trade"(?:.|\n)*Create Grant/)
    }
    expect(code).toBe(2)
    expect((await diagnose({ run }, ['--need', 'read'], reader)).code).toBe(0)
  })

  it('is tried at the API, and a refusal is told', async () => {
    const { fake, run } = createVirtualRig()
    expect((await diagnose({ run }, ['--yes'])).of('api').title).toBe('The API takes the token.')
    fake.invalidateAccessTokens()
    const refused = await diagnose({ run }, ['--yes'])
    expect(words(refused.of('api'))).toMatch(/refuses the token \(401\)(?:.|\n)*evergrant refresh/)
    expect(refused.code).toBe(10)
    expect(fake.tokenRequests).toBe(1)
    fake.fail('api-forbidden', { path: '/customers/me' })
    expect((await diagnose({ run }, [])).of('api').title).toContain('(403)')
    fake.fail('edge-html', { path: '/customers/me', on: 'api' })
    expect((await diagnose({ run }, [])).of('api').title).toContain('in front of the API')
    fake.fail('server-error', { path: '/customers/me', on: 'api' })
    expect((await diagnose({ run }, [])).of('api').title).toContain('trouble of its own')
    fake.fail('never-answers', { path: '/customers/me', on: 'api' })
    expect((await diagnose({ run }, [])).of('api').title).toContain('gave no answer')
    expect(fake.tokenRequests).toBe(1)
  })
})

describe('a redirect URI', () => {
  it('is told to be another than that of the application', async () => {
    const rig = await createRig()
    const flags = (uri: string) => ['--redirect-uri', uri, '--client-id', rig.fake.credentials.clientId]
    const { of, code } = await diagnose(rig, flags('http://localhost:8001'))
    expect(words(of('redirect-uri'))).toMatch(
      /redirect URI mismatch(?:.|\n)*letter by letter(?:.|\n)*enter exactly this redirect URI/,
    )
    expect(code).toBe(2)
    expect((await diagnose(rig, flags('http://localhost:8000'))).of('redirect-uri').level).toBe('ok')
    expect(rig.fake.tokenRequests).toBe(0)
    expect(rig.fake.count({ kind: 'authorize', credential: true })).toBe(0)
  })

  it.each([
    ['http://localhost:8000/', /ends with a slash(?:.|\n)*Use http:\/\/localhost:8000,/],
    ['http://example.com/callback', /without encryption/],
    ['localhost:8000', /no whole address/],
    ['https://example.com/#a', /no whole address/],
  ])('is looked at before anybody is asked: %s', async (uri, expected) => {
    const { fake, run } = createVirtualRig()
    const { of, code } = await diagnose({ run }, ['--redirect-uri', uri, '--client-id', 'x'])
    expect(words(of('redirect-uri'))).toMatch(expected)
    expect(code).toBe(2)
    expect(fake.count({ kind: 'authorize' })).toBe(0)
  })

  it('is not judged where nobody can', async () => {
    const { fake, run } = createVirtualRig()
    expect((await diagnose({ run }, ['--redirect-uri', 'http://localhost:8000'])).of('redirect-uri')).toMatchObject({
      level: 'note',
      next: ['Add --client-id ID, or set TASTY_CLIENT_ID.'],
    })
    fake.fail('server-error', { path: '/auth.html', on: 'all', status: 502 })
    const flags = ['--redirect-uri', 'http://localhost:8000', '--client-id', 'x']
    expect((await diagnose({ run }, flags)).of('redirect-uri')).toMatchObject({ level: 'note', facts: { status: 502 } })
    fake.fail('never-answers', { path: '/auth.html', on: 'all' })
    expect((await diagnose({ run }, flags)).of('redirect-uri')).toMatchObject({
      level: 'note',
      facts: { status: null },
    })
  })
})
