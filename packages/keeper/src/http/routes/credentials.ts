import {
  EvergrantError,
  isEvergrantError,
  isTokenRequestFailed,
  isTokenUnavailable,
  secret,
  type AccountReport,
  type Clock,
  type ErrorCode,
  type FailureKind,
} from '@evergrant/core'
import type { Accounts } from '../../accounts/accounts.ts'
import type { GivenCredentials } from '../../accounts/given-credentials.ts'
import { mayUse } from '../../keys/principal.ts'
import { isoTime, jsonAnswer } from '../json-answer.ts'
import { pageOf, readPage } from '../page.ts'
import { Problem } from '../problem.ts'
import { defineRoute, type Route } from '../route.ts'
import {
  accountPath,
  credentialsAnswer,
  credentialsBody,
  credentialsPage,
  pageQuery,
  revokeQuery,
  statusAnswer,
} from '../schemas.ts'
import { reportView, statusView } from '../status-view.ts'

export interface CredentialsRouteParts {
  readonly accounts: Accounts
  readonly clock: Clock
}

/** What the server has decided for good, about these very credentials. */
const REFUSED: ReadonlySet<ErrorCode> = new Set(['grant-revoked', 'client-rejected', 'rotation-lost', 'login-expired'])

/** Of these a session says that there is nothing to do: it tries again. Nobody goes on with a trial. */
const PASSING: ReadonlySet<FailureKind> = new Set(['server', 'rate-limited'])
const POST_AGAIN =
  'Post the same again as Retry-After says, which is safe; the keeper does not go on with it by itself.'

/** Credentials go in here and do not come out again. */
export function credentialsRoutes({ accounts, clock }: CredentialsRouteParts): readonly Route[] {
  function viewOf(account: string, report: AccountReport): object {
    const status = accounts.awake(account)
    return status === null ? reportView(report) : statusView(account, status)
  }

  const post = defineRoute({
    method: 'post',
    path: '/api/v1/credentials',
    access: ['admin'],
    summary: 'Credentials of an account, new or in place of what it had',
    description:
      'They are tried with one token request before anything is changed. With `untried` they are stored as they are. Posting ' +
      'the same again is safe, also where an answer was lost.',
    body: credentialsBody,
    answers: {
      201: { description: 'Tried and stored', schema: credentialsAnswer },
      202: { description: 'Stored untried', schema: credentialsAnswer },
    },
    async answer(call) {
      const { body } = call
      const name = call.account(body.account)
      const given: GivenCredentials = {
        clientId: body.client_id,
        clientSecret: secret(body.client_secret),
        refreshToken: secret(body.refresh_token),
      }
      if (body.untried === true) {
        await accounts.storeCredentials(name, given)
        return jsonAnswer({ account: name, state: 'unauthenticated', generation: 0, expires_at: null }, 202)
      }
      const { generation, expiresAt } = await accounts.tryCredentials(name, given).catch((error: unknown) => {
        throw asRefusal(error, name, clock.now())
      })
      const expires_at = isoTime(expiresAt)
      return jsonAnswer({ account: name, state: 'valid', generation, expires_at }, 201, {
        location: `/api/v1/credentials/${name}`,
      })
    },
  })

  const list = defineRoute({
    method: 'get',
    path: '/api/v1/credentials',
    access: ['admin'],
    summary: 'The accounts that the key may manage, in alphabetical order',
    query: pageQuery,
    answers: { 200: { description: 'A page of them', schema: credentialsPage } },
    async answer({ query, principal }) {
      const { limit, after } = readPage(query)
      const names = await accounts.names(after, limit + 1, (name) => mayUse(principal, name))
      const page = pageOf(names, limit)
      const views = []
      for (const name of page.items) {
        const report = await accounts.report(name)
        if (report.credentials && !report.signedOut) views.push(viewOf(name, report))
      }
      return jsonAnswer({ credentials: views, next: page.next })
    },
  })

  const read = defineRoute({
    method: 'get',
    path: '/api/v1/credentials/{account}',
    access: ['admin'],
    summary: 'How the credentials of an account stand, without them',
    documented: { params: accountPath },
    answers: { 200: { description: 'How they stand', schema: statusAnswer } },
    async answer(call) {
      const { context } = call
      const name = call.account(context.req.param('account'))
      const report = await accounts.report(name)
      if (!report.credentials || report.signedOut) throw new Problem('account-unknown', { account: name })
      return jsonAnswer(viewOf(name, report))
    },
  })

  const remove = defineRoute({
    method: 'delete',
    path: '/api/v1/credentials/{account}',
    access: ['admin'],
    summary: 'Forgets the credentials and tokens of an account',
    description: 'With `revoke=true` the refresh token is revoked at the provider too, where it can be.',
    documented: { params: accountPath },
    query: revokeQuery,
    answers: { 204: { description: 'Forgotten' } },
    async answer(call) {
      const { context, query } = call
      const name = call.account(context.req.param('account'))
      const report = await accounts.report(name)
      if (!report.credentials || report.signedOut) throw new Problem('account-unknown', { account: name })
      await accounts.signOut(name, query.revoke === 'true')
      return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
    },
  })

  return [post, list, read, remove]
}

/** Whoever posts hears of a refusal of what was posted; of anything else that nothing can be said yet. */
function asRefusal(error: unknown, account: string, now: number): unknown {
  if (!isEvergrantError(error)) return error
  const { code, message, help } = error
  if (REFUSED.has(code)) return new Problem('credentials-refused', { detail: message, help, account, reason: code })
  if (isTokenUnavailable(error)) {
    const { cause, details } = error
    const passes = isTokenRequestFailed(cause) && PASSING.has(cause.details.failure.kind)
    return new EvergrantError(error.code, { message, help: passes ? POST_AGAIN : `${help} ${POST_AGAIN}`, details })
  }
  const unclear = code === 'wait-timeout' || code === 'lease-timeout'
  return unclear
    ? new Problem('token-unavailable', {
        detail: message,
        help: POST_AGAIN,
        account,
        reason: code,
        retryAt: now + 5_000,
      })
    : error
}
