import type { AccessToken, Clock } from '@evergrant/core'
import type { Accounts, TokenWish } from '../../accounts/accounts.ts'
import type { KeeperMetrics } from '../../metrics/keeper-metrics.ts'
import { isoTime, jsonText } from '../json-answer.ts'
import { readQuery } from '../read-input.ts'
import { defineRoute, type Route } from '../route.ts'
import { tokenAnswer, tokenQuery } from '../schemas.ts'

export interface TokenRouteParts {
  readonly accounts: Accounts
  readonly clock: Clock
  readonly metrics: KeeperMetrics
}

/** A live token. The way in that is taken most, so nothing is done twice that can be remembered. */
export function tokenRoute({ accounts, clock, metrics }: TokenRouteParts): Route {
  const written = new WeakMap<
    AccessToken,
    { readonly account: string; readonly second: number; readonly text: string }
  >()
  const apiBaseUrl = accounts.provider.apiBaseUrl ?? null

  /** The same for all who ask within a second. */
  function write(account: string, token: AccessToken): string {
    const second = Math.max(0, Math.floor((token.expiresAt - clock.now()) / 1000))
    const known = written.get(token)
    if (known !== undefined && known.second === second && known.account === account) return known.text
    const text = JSON.stringify({
      account,
      access_token: token.value,
      token_type: token.tokenType,
      expires_at: isoTime(token.expiresAt),
      expires_in: second,
      generation: token.generation,
      scope: token.scope,
      api_base_url: token.apiBaseUrl ?? apiBaseUrl,
    })
    written.set(token, { account, second, text })
    return text
  }

  async function wait(account: string, wish: TokenWish): Promise<Response> {
    metrics.waiting(1)
    try {
      const token = await accounts.token(account, wish)
      metrics.token('waited')
      return jsonText(write(account, token))
    } catch (error) {
      metrics.token('failed')
      throw error
    } finally {
      metrics.waiting(-1)
    }
  }

  return defineRoute({
    method: 'get',
    path: '/api/v1/token',
    access: ['token'],
    summary: 'A live access token',
    description:
      'The token in hand if it lives for `min_ttl` seconds more, else a new one. `rejected` names the generation that the API has ' +
      'refused: however many callers say so, it is renewed once. Who does not want to wait as long as the keeper would says so with `max_wait`.',
    documented: { query: tokenQuery },
    answers: { 200: { description: 'The token', schema: tokenAnswer } },
    answer(call) {
      const { named, wish } = readWish(call.context.req.raw.url)
      const account = call.account(named)
      const token = accounts.ready(account, wish)
      if (token === null) return wait(account, { ...wish, signal: call.signal })
      metrics.token('ready')
      return jsonText(write(account, token))
    },
  })
}

/** What most callers send. */
const ACCOUNT_ALONE = /\?account=([\w.@-]+)$/

const ANY_TOKEN: TokenWish = { minTtl: 0, rejected: 0 }

function readWish(url: string): { readonly named: string | undefined; readonly wish: TokenWish } {
  const plain = ACCOUNT_ALONE.exec(url)?.[1]
  if (plain !== undefined) return { named: plain, wish: ANY_TOKEN }
  const { account, min_ttl = 0, rejected = 0, max_wait } = readQuery(tokenQuery, url)
  const maxWait = max_wait === undefined ? undefined : Number(max_wait) * 1000
  return { named: account, wish: { minTtl: Number(min_ttl) * 1000, rejected: Number(rejected), maxWait } }
}
