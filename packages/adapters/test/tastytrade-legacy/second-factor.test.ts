import { secret } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import type { SecondFactorRequest } from '../../src/tastytrade-legacy.ts'
import { failureOf } from '../support/failure-of.ts'
import { createRig, proofs } from './rig.ts'

const HOUR = 3_600_000
const never = () => new Promise<string>(() => undefined)

describe('a second factor', () => {
  it('is asked for once the server challenges the device', async () => {
    const { fake, open } = createRig()
    fake.challenge = '246810'
    const asked: SecondFactorRequest[] = []
    const session = open({
      async secondFactor(request) {
        asked.push(request)
        return ' 246810\n'
      },
    })
    expect(fake.knows((await session.getToken()).value)).toBe(true)
    expect(asked).toMatchObject([{ login: 'made-up-user', reason: 'device' }])
    expect(fake.log.map(({ path, status }) => [path, status])).toEqual([
      ['/sessions', 403],
      ['/device-challenge', 200],
      ['/sessions', 201],
    ])
  })

  it('goes with the first request where each login needs one', async () => {
    const { fake, open } = createRig()
    fake.app = '135791'
    const session = open({ secondFactorAt: 'login', secondFactor: async () => secret('135791') })
    await session.getToken()
    expect(proofs(fake)).toEqual(['password'])
  })

  it.for([
    { name: 'no callback', options: {} },
    { name: 'a callback that fails', options: { secondFactor: () => Promise.reject(new Error('made-up-canary')) } },
    {
      name: 'one that throws at once',
      options: {
        secondFactor: () => {
          throw new Error('made-up-canary')
        },
      },
    },
    { name: 'a code that no header can carry', options: { secondFactor: async () => '1\n2' } },
    { name: 'nobody there', options: { secondFactor: never } },
    { name: 'a wrong code', options: { secondFactor: async () => '000000' } },
  ])('P9 condemns nothing, and is asked for again after an hour: $name', async ({ options }) => {
    const { clock, fake, open } = createRig()
    fake.challenge = '246810'
    const session = open(options)
    const waiting = failureOf(session.getToken())
    await clock.advance(HOUR / 2)
    expect(await waiting).toMatchObject({ code: 'token-unavailable' })
    expect(String(((await waiting) as Error).stack)).not.toContain('made-up-canary')
    const sent = fake.log.length
    expect(sent).toBeLessThanOrEqual(3)
    expect(session.getSnapshot().state).toBe('backoff')
    const again = failureOf(session.getToken({ maxWait: 2 * HOUR }))
    fake.challenge = null
    await clock.advance(HOUR)
    expect(await again).toBeNull()
    expect(fake.log).toHaveLength(sent + 1)
  })

  it('is no longer wanted once nobody wants the token', async () => {
    const { clock, fake, open } = createRig()
    fake.challenge = '246810'
    let asked: AbortSignal | undefined
    const session = open({
      secondFactor({ signal }) {
        asked = signal
        return never()
      },
    })
    const waiting = failureOf(session.getToken())
    await clock.settleUntil(() => asked !== undefined)
    const gone = session.signOut()
    await clock.settle()
    await gone
    expect(await waiting).toMatchObject({ code: 'signed-out' })
    expect(asked?.aborted).toBe(true)
    await clock.advance(HOUR)
    expect(clock.held).toBe(0)
    expect(fake.log.filter(({ path }) => path === '/sessions')).toHaveLength(1)
  })

  it.for([
    { option: 'secondFactor', options: { secondFactorAt: 'login' as const } },
    { option: 'secondFactor', options: { secondFactor: '123456' as never } },
    { option: 'secondFactorAt', options: { secondFactorAt: 'never' as never } },
    { option: 'secondFactorTimeout', options: { secondFactorTimeout: 0 } },
    { option: 'otp', options: { otp: '123456' } as object },
  ])('refuses options that cannot be used: $option $options', ({ option, options }) => {
    expect(() => createRig().open(options)).toThrow(
      expect.objectContaining({ code: 'invalid-options', details: { option } }),
    )
  })
})
