import { bearerFetch } from '@evergrant/adapters/fetch'
import { bearer } from '@evergrant/adapters/ky'
import { isForeignOrigin, isInvalidOptions } from '@evergrant/core'
import fc from 'fast-check'
import ky from 'ky'
import { describe, expect, it } from 'vitest'
import { cases } from '../../../core/test/support/fuzz.ts'
import { fakeSession } from '../support/fake-session.ts'
import { visibleText } from '../support/visible-text.ts'

const HOME = 'https://api.example.test'
const TOKEN = 'canary-token'

/** Pieces that make one origin look like another to whoever reads a URL other than the parser does. */
const PIECES = [
  [
    HOME,
    'https://',
    'http://',
    'HTTPS://',
    'https:',
    '//',
    '/',
    '\\',
    '@',
    ':',
    '443',
    '8443',
    '?',
    '#',
    '.',
    '%2f',
    '%40',
  ],
  ['api.example.test', 'API.EXAMPLE.TEST', 'evil.test', '127.0.0.1', '[::1]', 'localhost', '0x7f.1', '2130706433'],
  ['user:pass', '\t', '\n', ' ', '\0', '\u3002', '\uff0f', '\u00ad', '\uff41pi', 'xn--'],
  ['blob:', 'data:', 'javascript:', 'file:'],
].flat()
const aPiece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 }), fc.webUrl())
const aUrl = fc.oneof(
  fc.array(aPiece, { maxLength: 6 }).map((pieces) => pieces.join('')),
  fc.array(aPiece, { maxLength: 4 }).map((pieces) => `${HOME}${pieces.join('')}`),
  fc.array(aPiece, { maxLength: 4 }).map((pieces) => `${HOME}/${pieces.join('')}`),
)

/** What would go over the wire, by the parser that fetch itself uses. */
interface Sent {
  readonly origin: string
  readonly protocol: string
  readonly hostname: string
  readonly authorization: string | null
}

function recorder() {
  const sent: Sent[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init)
    const { origin, protocol, hostname } = new URL(request.url)
    sent.push({ origin, protocol, hostname, authorization: request.headers.get('authorization') })
    return Response.json({})
  }
  return { sent, fetch }
}

function session(apiBaseUrl?: string) {
  return fakeSession({ value: () => TOKEN, ...(apiBaseUrl === undefined ? {} : { apiBaseUrl }) })
}

/** Fetch refuses some URLs itself, such as those with a password in them. */
const refused = (error: unknown) => isForeignOrigin(error) || isInvalidOptions(error) || error instanceof TypeError

describe('any URL', () => {
  it('P11 gets the token only at the origin of the API, as text, as URL and as Request', async () => {
    let arrived = 0
    await fc.assert(
      fc.asyncProperty(aUrl, fc.constantFrom('text', 'URL', 'Request'), async (url, form) => {
        const { sent, fetch } = recorder()
        const send = bearerFetch(session(HOME), { fetch })
        try {
          await send(form === 'text' ? url : form === 'URL' ? new URL(url) : new Request(url))
        } catch (error) {
          if (!refused(error)) throw error
          expect(visibleText(error)).not.toContain(TOKEN)
        }
        for (const { origin, authorization } of sent) expect([origin, authorization]).toEqual([HOME, `Bearer ${TOKEN}`])
        arrived += sent.length
      }),
      cases(1_500),
    )
    expect(arrived).toBeGreaterThan(100)
  })

  it('P11 gets the token over TLS or on this machine only, where no origin is named', async () => {
    const loopback = /^(?:localhost|.*\.localhost|\[::1\]|127(?:\.\d+){3})$/
    await fc.assert(
      fc.asyncProperty(aUrl, async (url) => {
        const { sent, fetch } = recorder()
        await bearerFetch(session(), { fetch })(url).catch((error: unknown) => {
          if (!refused(error)) throw error
        })
        for (const { protocol, hostname } of sent) {
          expect(protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname))).toBe(true)
        }
      }),
      cases(1_000),
    )
  })

  it('P11 gets the token through ky only at the origin of the API, with and without a prefix', async () => {
    await fc.assert(
      fc.asyncProperty(aUrl, fc.boolean(), async (url, prefixed) => {
        const { sent, fetch } = recorder()
        const api = ky.create({ ...bearer(session(HOME), { fetch }), retry: 0, ...(prefixed ? { prefix: HOME } : {}) })
        try {
          await api.get(url)
        } catch (error) {
          expect(visibleText(error)).not.toContain(TOKEN)
        }
        for (const { origin } of sent) expect(origin).toBe(HOME)
      }),
      cases(400),
    )
  })

  it('as an option is refused, or lets the token go to its own origin alone', async () => {
    await fc.assert(
      fc.asyncProperty(aUrl, aUrl, async (allowed, url) => {
        const { sent, fetch } = recorder()
        try {
          await bearerFetch(session(), { fetch, origins: [allowed] })(url)
        } catch (error) {
          if (!refused(error)) throw error
        }
        for (const { origin } of sent) expect(origin).toBe(new URL(allowed).origin)
      }),
      cases(500),
    )
  })
})
