import { expectNoCanary, plantCanaries } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { createVirtualRig } from './support/virtual-rig.ts'

/** Every command, and how the answer that was asked for is known; it alone may be told. */
const COMMANDS: readonly (readonly [argv: readonly string[], ...answer: RegExp[]])[] = [
  [['status']],
  [['status', '--json']],
  [['token'], /^ey[\w.-]+\n$/],
  [['header'], /^Authorization: Bearer ey[\w.-]+\n$/],
  [['curl', '-i', '/customers/me']],
  [['curl', '--json', '/nowhere', '-H', 'Authorization: mine']],
  [['curl', 'https://elsewhere.test/']],
  [['test']],
  [['refresh', '--debug']],
  [['accounts']],
  [['exec', '--debug', '--', './no-such-program']],
  [['logout', '--revoke', '--json']],
]

const TROUBLES = ['none', 'grant-revoked', 'echo-secrets', 'connection-reset', 'redirect'] as const

describe.for(TROUBLES)('P11 with the trouble %s', (trouble) => {
  it('no command shows a secret that it was not asked for', async () => {
    const canaries = plantCanaries()
    const { clock, fake, runThrough } = createVirtualRig()
    canaries.note('client secret', fake.credentials.clientSecret)
    canaries.note('refresh token', fake.credentials.refreshToken)
    const told: string[] = []
    for (const [argv, answer] of COMMANDS) {
      if (trouble !== 'none') fake.fail(trouble, { times: Number.POSITIVE_INFINITY, on: 'all' })
      const { code, out, err } = await runThrough(argv)
      const answered = answer !== undefined && code === 0
      if (answered) expect(out).toMatch(answer)
      told.push(answered ? err : out, err)
      fake.heal()
      await clock.advance(20 * 60_000)
      const { code: had, out: token } = await runThrough(['token'])
      if (had === 0) canaries.note('access token', token.trim())
    }
    expect(told.join('').length).toBeGreaterThan(200)
    expectNoCanary(told, canaries)
    expect(canaries.names).toContain(trouble === 'grant-revoked' ? 'refresh token' : 'access token')
  })
})
