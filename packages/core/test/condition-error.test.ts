import { describe, expect, it } from 'vitest'
import { blockedOutcome, localBlock } from '../src/exchange/blocked-outcome.ts'
import { accountError, conditionError, missingError } from '../src/exchange/condition-error.ts'
import type { Provider } from '../src/provider.ts'
import { AHEAD, createPorts, NOW } from './support/exchange-view.ts'

const provider: Provider = {
  issuer: 'https://server.test',
  requestToken: () => Promise.reject(new Error('asks nobody')),
}
const subject = { provider, account: 'main' }

describe('the error for a standing condition', () => {
  it('says which account it is about, and where', () => {
    const { message, details } = accountError(subject, 'grant-revoked')
    expect(message).toContain('(account main at https://server.test)')
    expect(details).toEqual({ account: 'main' })
  })

  it('names the environment, for credentials of one are dead in another', () => {
    const sandbox = { ...provider, environment: 'sandbox' }
    expect(accountError({ ...subject, provider: sandbox }, 'grant-revoked').message).toContain(
      'at https://server.test, sandbox)',
    )
  })

  it('helps in the words of the provider where it has some', () => {
    const wordy = { ...provider, help: { 'grant-revoked': 'Ask the desk.' } }
    const errors = (['grant-revoked', 'client-rejected'] as const).map((code) =>
      accountError({ ...subject, provider: wordy }, code),
    )
    expect(errors[0]?.help).toBe('Ask the desk.')
    expect(errors[1]?.help).toBe(accountError(subject, 'client-rejected').help)
  })

  it('says what happened, and what to do about it, for each of them', () => {
    const errors = [
      conditionError(subject, 'credentials-missing', { account: 'main' }),
      conditionError(subject, 'signed-out', { account: 'main' }),
      ...(['grant-revoked', 'client-rejected', 'rotation-lost'] as const).map((code) => accountError(subject, code)),
      ...(['ip-block-suspected', 'edge-refused', 'login-budget-spent'] as const).map((code) =>
        conditionError(subject, code, { until: 2, retryAt: 1 }),
      ),
    ]
    for (const { message, help } of errors) {
      expect(message).toMatch(/^\w.*\w \(/)
      expect(help).toMatch(/^\w.*\.$/)
    }
    expect(new Set(errors.map(({ message }) => message)).size).toBe(errors.length)
  })

  it('says first what a refusal told, or where was looked', () => {
    expect(accountError(subject, 'grant-revoked', undefined, 'Copy it again.').help).toBe('Copy it again.')
    const usual = missingError(subject, '').help
    expect(missingError(subject, undefined).help).toBe(usual)
    expect(missingError(subject, 'A, in b').help).toBe(`Looked for A, in b. ${usual}`)
  })

  it('names its cause', () => {
    const cause = new Error('why')
    expect(accountError(subject, 'rotation-lost', cause).cause).toBe(cause)
  })
})

describe('a block', () => {
  it('P15 has its times on the line of this machine', () => {
    const { timeline } = createPorts()
    const block = { reason: 'edge-refused', until: NOW + AHEAD + 2, retryAt: NOW + AHEAD + 1 } as const
    expect(localBlock(timeline, block)).toEqual({ reason: 'edge-refused', until: NOW + 2, retryAt: NOW + 1 })
  })

  it('ends an exchange with its reason, its times, and an error that has them too', () => {
    const cause = new Error('why')
    const block = { reason: 'ip-block-suspected', until: 2, retryAt: 1 } as const
    const outcome = blockedOutcome(subject, block, cause)
    expect(outcome).toMatchObject({ type: 'blocked', ...block })
    expect(outcome.error).toMatchObject({ code: 'ip-block-suspected', details: { until: 2, retryAt: 1 }, cause })
  })
})
