import { createSession, sealCredentials, type TokenRequestFailure } from '@evergrant/core'
import { expectNoCanary, plantCanaries, VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { oauth2, type Dialect, type OAuth2Options } from '../../src/oauth2.ts'
import { failureOf } from '../support/failure-of.ts'
import { json, scriptedFetch, type ScriptedFetch } from '../support/scripted-fetch.ts'

const endpoints = { token: 'https://auth.test/token' }
const { signal } = new AbortController()

function speaking(dialect: Dialect, server: ScriptedFetch, more: Partial<OAuth2Options> = {}) {
  return oauth2({ endpoints, dialect, fetch: server.fetch, ...more })
}

const granting = () => scriptedFetch(() => json({ access_token: 'made-up' }))

describe('a server with a form of its own', () => {
  const form: Dialect = {
    tokenForm: async ({ clientId = '', clientSecret, refreshToken }) => ({
      fields: { grant_type: 'made_up', key: clientId, proof: `${clientSecret?.reveal()}/${refreshToken?.reveal()}` },
      headers: { 'x-version': '7' },
    }),
  }

  it('gets that alone, in one POST, made for the client of the options too', async () => {
    const server = granting()
    const provider = speaking(form, server, { clientId: 'made-up-client', clientSecret: 'made-up-secret' })
    await provider.requestToken(sealCredentials({ refreshToken: 'made-up-refresh' }), { signal })
    expect(server.bodies.map((body) => Object.fromEntries(new URLSearchParams(body)))).toEqual([
      { grant_type: 'made_up', key: 'made-up-client', proof: 'made-up-secret/made-up-refresh' },
    ])
    const [{ method, headers } = new Request('https://none.test')] = server.sent
    expect([method, headers.get('x-version'), headers.get('accept')]).toEqual(['POST', '7', 'application/json'])
    expect(headers.get('authorization')).toBeNull()
  })

  it('does not get the secret of another client', async () => {
    const server = granting()
    const provider = speaking(form, server, { clientId: 'made-up-client', clientSecret: 'made-up-secret' })
    await provider.requestToken(sealCredentials({ clientId: 'another', refreshToken: 'made-up-refresh' }), { signal })
    expect(server.bodies[0]).toContain('key=another&proof=undefined')
  })

  it('P11 may repeat the client and the grant type, and nothing else of it', async () => {
    const server = scriptedFetch(() =>
      json({ error: 'made_up', error_description: `made_up of made-up-client: ${server.bodies.at(-1)}` }, 400),
    )
    const provider = speaking(form, server, { clientId: 'made-up-client' })
    const error = await failureOf(
      provider.requestToken(sealCredentials({ refreshToken: 'made-up-refresh' }), { signal }),
    )
    expect(String(error)).toContain('made_up of made-up-client')
    expect(String(error)).not.toContain('made-up-refresh')
  })

  it('P11 sends nothing where the form cannot be made, and tells nothing of what was thrown', async () => {
    const canaries = plantCanaries()
    const clock = new VirtualClock()
    const server = granting()
    const tokenForm: Dialect['tokenForm'] = ({ refreshToken }) => {
      throw new RangeError(`Cannot sign ${refreshToken?.reveal()}`, { cause: refreshToken?.reveal() })
    }
    const provider = speaking({ tokenForm }, server, { clock })
    const credentials = { refreshToken: canaries.plant('refresh token') }
    await using session = createSession({ provider, credentials, clock })
    const waiting = failureOf(session.getToken())
    await clock.advance(60_000)
    const error = await waiting
    expectNoCanary([error, session, session.getSnapshot()], canaries)
    expect(session.getSnapshot().lastFailure?.message).toContain('RangeError')
    expect(server.sent).toEqual([])
  })
})

describe('a server with answers of its own', () => {
  const dialect: Dialect = {
    readGrant: (json, { clientId = '' }) =>
      Array.isArray(json) ? { accessToken: `${clientId}.${json[0]}`, expiresIn: 60 } : undefined,
    readRefusal: (_json, text) =>
      text.startsWith('NO ') ? { code: text.slice(3), description: undefined } : undefined,
  }
  const credentials = sealCredentials({ clientId: 'made-up-client', refreshToken: 'made-up-refresh' })

  it('is understood, whatever its token request is', async () => {
    const provider = speaking(
      dialect,
      scriptedFetch(() => json(['made-up'])),
    )
    expect(await provider.requestToken(credentials, { signal })).toMatchObject({
      accessToken: 'made-up-client.made-up',
    })
  })

  it.for([
    { answer: () => new Response('NO entry', { status: 403 }), told: { kind: 'rejected', oauthCode: 'entry' } },
    { answer: () => new Response('NO entry', { status: 503 }), told: { kind: 'server', oauthCode: 'entry' } },
    { answer: () => json({ error: 'invalid_grant' }, 400), told: { kind: 'rejected', oauthCode: 'invalid_grant' } },
    { answer: () => json({ access_token: 'made-up' }), told: { kind: 'malformed' } },
    { answer: () => new Response('<html>', { status: 403 }), told: { kind: 'edge' } },
  ] satisfies { answer: () => Response; told: Partial<TokenRequestFailure> }[])(
    'is understood where it refuses: $told',
    async ({ answer, told }) => {
      const error = await failureOf(speaking(dialect, scriptedFetch(answer)).requestToken(credentials, { signal }))
      expect(error).toMatchObject({ code: 'token-request-failed', details: { failure: told } })
    },
  )
})
