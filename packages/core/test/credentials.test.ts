import { describe, expect, it } from 'vitest'
import { credentialsFingerprint, layOver, sealCredentials, type CredentialsInput } from '../src/credentials.ts'
import { secret } from '../src/secret.ts'

const input: CredentialsInput = {
  clientId: 'client-1',
  clientSecret: 'invented-secret',
  refreshToken: 'invented-refresh',
}

describe('sealed credentials', () => {
  it('P11 give their texts to whoever asks, and to nobody else', () => {
    const { clientId, clientSecret, refreshToken } = sealCredentials(input)
    expect([clientId, clientSecret?.reveal(), refreshToken?.reveal()]).toEqual(Object.values(input))
    expect(JSON.stringify(sealCredentials(input))).not.toContain('invented')
  })

  it('count what is empty as missing', () => {
    expect(sealCredentials({ clientId: '', clientSecret: '', refreshToken: undefined })).toEqual({})
  })

  it('lose what was copied along and cannot be seen, and no plain white space', () => {
    const sealed = sealCredentials({
      clientId: '\u200Bid\uFEFF',
      clientSecret: ' a\u00A0b ',
      refreshToken: '\u00A0\u2060',
    })
    expect([sealed.clientId, sealed.clientSecret?.reveal(), sealed.refreshToken]).toEqual([
      'id',
      ' a\u00A0b ',
      undefined,
    ])
  })

  it('are not sealed twice', () => {
    const refreshToken = secret('invented-refresh')
    expect(sealCredentials({ refreshToken }).refreshToken).toBe(refreshToken)
  })
})

describe('newer credentials', () => {
  it('cover the older ones field by field', () => {
    expect(layOver(input, { refreshToken: 'newer' })).toEqual({ ...input, refreshToken: 'newer' })
    expect(layOver(input, { clientId: 'client-1', clientSecret: 'newer' })).toEqual({ ...input, clientSecret: 'newer' })
    expect(layOver({ clientSecret: 'older' }, { clientId: 'client-1' })).toEqual({
      clientSecret: 'older',
      clientId: 'client-1',
    })
    expect(layOver(null, input)).toEqual(input)
  })

  it('P11 of another client stand alone, or the secret of one would go out under the name of the other', () => {
    const newer = { clientId: 'client-2', refreshToken: 'newer' }
    expect(layOver(input, newer)).toEqual(newer)
  })
})

describe('the mark of credentials', () => {
  const markOf = (issuer: string, changes: object) =>
    credentialsFingerprint(issuer, sealCredentials({ ...input, ...changes }))

  it('P2 is the same for the same credentials, and another one if any part differs', () => {
    const mark = markOf('https://server.test', {})
    expect(markOf('https://server.test', {})).toBe(mark)
    const others = [
      markOf('https://other.test', {}),
      ...Object.keys(input).flatMap((name) => [
        markOf('https://server.test', { [name]: 'other' }),
        markOf('https://server.test', { [name]: undefined }),
      ]),
    ]
    expect(new Set([mark, ...others]).size).toBe(1 + others.length)
  })
})
