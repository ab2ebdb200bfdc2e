import { fakeTastytrade, type FakeTastytrade } from '../tastytrade/fake-tastytrade.ts'
import type { FakeGrant } from '../tastytrade/grants.ts'
import type { VirtualClock } from '../virtual-clock.ts'
import { createGate } from './gate.ts'
import type { LifecycleAnswer } from './moves.ts'
import { TOKEN_LIFETIME } from './policy.ts'
import type { ArrivedRequest, LifecycleServer } from './server.ts'

/** How the fake is made to give each answer. */
const SCRIPTS: Readonly<Record<LifecycleAnswer, (fake: FakeTastytrade) => unknown>> = {
  // The fake rotates, so that it can do both.
  GRANT: (fake) => fake.fail('empty-refresh-token'),
  ROTATE: () => undefined,
  SAME_TOKEN: (fake) => fake.fail('same-token'),
  DYING_TOKEN: (fake) => fake.fail('zero-expires-in'),
  SERVER_ERROR: (fake) => fake.fail('server-error', { status: 503 }),
  RATE_LIMIT: (fake) => fake.fail('too-many-requests', { retryAfter: 20 }),
  EDGE: (fake) => fake.fail('edge-html'),
  SUSPECT: (fake) => fake.fail('transient-invalid-request'),
  GARBAGE: (fake) => fake.fail('garbage'),
  REVOKE: (fake) => fake.fail('grant-revoked'),
  REJECT_CLIENT: (fake) => fake.fail('client-secret-mismatch'),
  RESET: (fake) => fake.fail('connection-reset'),
  LOSE: (fake) => fake.fail('lost-answer'),
}
const TOKEN_PATH = '/oauth/token'
/** After these a client that has taken in the answer has another refresh token. */
const ROTATING: ReadonlySet<LifecycleAnswer> = new Set(['ROTATE', 'SAME_TOKEN', 'DYING_TOKEN'])

/** The server of {@link testLifecycle} unless another is given: the fake tastytrade, whose every answer is scripted. */
export function fakeLifecycleServer(clock: VirtualClock): LifecycleServer {
  // An answer that gets lost has spent its refresh token; the server is to be asked with it again, whenever that is.
  const fake = fakeTastytrade({ clock, lifetime: TOKEN_LIFETIME, rotation: 'grace', grace: Number.MAX_SAFE_INTEGER })
  const arrived: ArrivedRequest[] = []
  const requests = createGate('token request')
  const probes = createGate('probe')
  let grant: FakeGrant = fake.grant
  let refreshToken = grant.refreshToken

  function carriedBy(request: Request, body: string): ArrivedRequest['carries'] {
    if (body.includes(refreshToken) && body.includes(grant.clientSecret)) return 'present credentials'
    return body === '' && !request.headers.has('authorization') ? 'nothing' : 'other credentials'
  }

  return {
    baseUrl: 'https://lifecycle.test',
    arrived,
    get waitingRequests() {
      return requests.waiting
    },
    get waitingProbes() {
      return probes.waiting
    },
    async fetch(input, init) {
      const request = new Request(input, { ...init, signal: null })
      const signal = init?.signal ?? (input instanceof Request ? input.signal : new AbortController().signal)
      const body = await request.clone().text()
      signal.throwIfAborted()
      const { pathname } = new URL(request.url)
      if (pathname !== '/' && pathname !== TOKEN_PATH) return fake.fetch(request, { signal })
      const kind = pathname === TOKEN_PATH ? 'token' : 'probe'
      arrived.push({ kind, carries: carriedBy(request, body) })
      return (kind === 'token' ? requests : probes).hold(request, signal)
    },
    issueCredentials() {
      grant = fake.createGrant()
      refreshToken = grant.refreshToken
      const { clientId, clientSecret } = grant
      return { clientId, clientSecret, refreshToken }
    },
    answer(how) {
      const asked = grant
      requests.open(async (request, init) => {
        SCRIPTS[how](fake)
        const response = await fake.fetch(request, init)
        if (ROTATING.has(how)) refreshToken = fake.currentRefreshToken(asked)
        return response
      })
    },
    refuseTokens: () => fake.invalidateAccessTokens(),
    answerProbe: () => probes.open(fake.fetch),
  }
}
