/** What each problem is, by its code: the status and title of RFC 9457, and what to do next where nothing says it better. */
const PROBLEMS = {
  'invalid-request': [400, 'The request cannot be understood', 'Compare it with /openapi.json.'],
  'account-required': [400, 'The account is not named', 'Name it: this key may use several.'],
  'min-ttl-unreachable': [400, 'No token lives that long', 'Ask for a shorter min_ttl.'],
  'path-refused': [
    400,
    'This path is not passed on',
    'Write a plain path of the API, without dots, doubled slashes or control characters.',
  ],
  'key-missing': [401, 'No API key', 'Send one as Authorization: Bearer or X-API-Key.'],
  'key-unknown': [401, 'The API key is not known', 'Check it, or ask an operator for a new one.'],
  'key-revoked': [401, 'The API key was revoked', 'Ask an operator for a new one.'],
  'key-expired': [401, 'The API key has expired', 'Ask an operator for a new one.'],
  'scope-missing': [403, 'The API key is not for this', 'Ask an operator for a key with the scope.'],
  'account-not-allowed': [
    403,
    'The API key is not for this account',
    'Ask an operator for a key that may use the account.',
  ],
  'account-unknown': [404, 'There are no credentials of this account', 'Have them posted: POST /api/v1/credentials.'],
  'key-not-found': [404, 'There is no such API key', 'GET /api/v1/keys lists them.'],
  'not-found': [404, 'There is nothing here', 'See /docs for what there is.'],
  'method-not-allowed': [405, 'Not with this method', 'See the Allow header.'],
  'grant-revoked': [409, 'The provider has revoked the grant', ''],
  'client-rejected': [409, 'The provider does not accept the client or its secret', ''],
  'rotation-lost': [409, 'A rotated refresh token was lost', ''],
  'login-expired': [409, 'A person has to log in again', ''],
  'body-too-large': [413, 'The body is too large', 'Send less.'],
  'credentials-refused': [
    422,
    'The provider refuses these credentials',
    'Check them. What was there before still holds.',
  ],
  'rate-limited': [429, 'Too many requests', 'Wait as long as Retry-After says.'],
  'request-cancelled': [499, 'The caller has left', 'Ask again.'],
  internal: [500, 'Something that should not fail did', 'Report it with the request_id.'],
  'store-unreadable': [500, 'What is stored cannot be read', 'Look at the store; see the operator’s page.'],
  'upstream-redirect': [
    502,
    'The API answered with a redirect, which is not followed',
    'Write the path as the API has it, letter by letter; if every one is redirected, the base URL of the keeper is wrong.',
  ],
  'upstream-unreachable': [
    502,
    'The API cannot be reached',
    'Try again; if it was no GET, look first whether it was done.',
  ],
  'ip-block-suspected': [503, 'The provider seems to drop every request from this address', ''],
  'edge-refused': [503, 'Something in front of the provider refuses this client', ''],
  'login-budget-spent': [503, 'Too many failed logins of late', ''],
  'token-unavailable': [503, 'No token for now', 'Try again as Retry-After says; the keeper goes on trying.'],
  'store-unavailable': [503, 'The store does not answer', 'Try again, or ask another replica.'],
  'too-many-streams': [503, 'Too many streams of events are open', 'Close some, or ask another replica.'],
  draining: [503, 'This replica is going down', 'Ask another one, or try again in a moment.'],
  'wait-timeout': [504, 'No token within the time', 'Try again; the request goes on in the background.'],
  'upstream-timeout': [504, 'The API did not answer in time', 'Look whether it was done before you try again.'],
} as const satisfies Record<string, readonly [status: number, title: string, help: string]>

export type ProblemCode = keyof typeof PROBLEMS

export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[]

export interface ProblemInput {
  readonly detail?: string | undefined
  readonly help?: string | undefined
  readonly account?: string | undefined
  /** Epoch ms. */
  readonly retryAt?: number | undefined
  /** Until when a block lasts. Epoch ms. */
  readonly until?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Which of core's codes is behind it, where the problem has a name of its own. */
  readonly reason?: string | undefined
}

/** Why a request is not answered as it was meant. No secret is in it. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly input: ProblemInput

  constructor(code: ProblemCode, input: ProblemInput = {}) {
    super(input.detail ?? PROBLEMS[code][1])
    this.code = code
    this.input = input
  }
}

const iso = (time: number): string => new Date(time).toISOString()

/** The answer for it (RFC 9457). `now` in epoch ms. */
export function problemResponse(problem: Problem, requestId: string, now: number): Response {
  const { code, message, input } = problem
  const [status, title, help] = PROBLEMS[code]
  const { account, retryAt, until, reason, headers } = input
  const body = {
    type: `urn:evergrant:problem:${code}`,
    title,
    status,
    detail: message,
    code,
    help: input.help ?? help,
    ...(reason === undefined ? {} : { reason }),
    ...(account === undefined ? {} : { account }),
    ...(retryAt === undefined ? {} : { retry_at: iso(retryAt) }),
    ...(until === undefined ? {} : { until: iso(until) }),
    request_id: requestId,
  }
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(retryAt === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil((retryAt - now) / 1000))) }),
      ...headers,
    },
  })
}
