import type { TastytradeEnvironment } from '@evergrant/adapters/tastytrade'
import { directions, WEBSITES } from '../../login/website.ts'
import { failure, fine, note, type Finding } from '../finding.ts'
import type { Probe } from '../probe-server.ts'

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** What is wrong with a redirect URI as it stands; `null` if nothing is (docs/protocol.md#authorization). */
export function checkRedirectForm(redirectUri: string, environment: TastytradeEnvironment): Finding | null {
  const { page } = WEBSITES[environment]
  const facts = { redirectUri }
  const url = URL.parse(redirectUri)
  if (url === null || !/^https?:$/.test(url.protocol) || url.hash !== '') {
    return failure('redirect-uri', 'usage', {
      title: 'The redirect URI is no whole address.',
      cause: 'It has to begin with http:// or https://, and have no # part.',
      next: ['Write it as it is registered, e.g. http://localhost:8000'],
      page,
      facts,
    })
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    return failure('redirect-uri', 'usage', {
      title: 'The redirect URI leads over the network without encryption.',
      cause: 'Plain http is for this computer itself alone; anybody on the way could take the code.',
      next: ['Use https, or http://localhost:8000.'],
      page,
      facts,
    })
  }
  if (url.pathname === '/' && redirectUri.endsWith('/')) {
    return failure('redirect-uri', 'usage', {
      title: 'The redirect URI ends with a slash.',
      cause: 'It is compared letter by letter with the one of the application, and that has mostly none.',
      next: [`Use ${url.origin}, and register it so: ${directions(environment)}.`],
      page,
      facts,
    })
  }
  return null
}

/** What the page of the provider made of it; `probe`: what it answered. */
export function checkRedirectAnswer(redirectUri: string, probe: Probe, environment: TastytradeEnvironment): Finding {
  const { page } = WEBSITES[environment]
  const facts = { redirectUri, status: probe.type === 'answered' ? probe.status : null }
  if (probe.type !== 'answered') {
    return note('redirect-uri', {
      title: 'The page on which logins are allowed did not answer, so the redirect URI is not checked.',
      cause: 'Its form is right.',
      facts,
    })
  }
  if (probe.status >= 400 && probe.status < 500) {
    return failure('redirect-uri', 'usage', {
      title: 'The redirect URI, or the client ID, is not that of the application (redirect URI mismatch).',
      cause:
        'The redirect URI has to be registered with the application letter by letter: http or https, port, no slash at the end.',
      next: [
        `Compare both, and enter exactly this redirect URI: ${directions(environment)}.`,
        'Or log in with the one that is registered: evergrant login --redirect-uri URI',
      ],
      page,
      facts,
    })
  }
  if (probe.status < 400)
    return fine('redirect-uri', 'The page on which logins are allowed has nothing against the redirect URI.', facts)
  return note('redirect-uri', {
    title: `The page on which logins are allowed has trouble of its own (HTTP ${probe.status}).`,
    cause: 'The redirect URI is not checked; its form is right.',
    facts,
  })
}
