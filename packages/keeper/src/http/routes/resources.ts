import type { KeeperResources } from '../../keeper-options.ts'
import type { PassOn } from '../../proxy/pass-on.ts'
import { defineRoute, type Route } from '../route.ts'
import { accountQuery, apiAccountQuery } from '../schemas.ts'

/** Where tastytrade keeps them. */
export const tastytradeResources: KeeperResources = {
  accounts: '/customers/me/accounts',
  balances: '/accounts/{account_id}/balances',
  positions: '/accounts/{account_id}/positions',
}

const ANSWERS = { 200: { description: 'What the API answered, whatever its status' } } as const

/** Short ways to what most callers want. */
export function resourceRoutes(resources: KeeperResources, passOn: PassOn): readonly Route[] {
  const accounts = defineRoute({
    method: 'get',
    path: '/api/v1/accounts',
    access: ['proxy'],
    summary: 'The accounts at the provider',
    query: accountQuery,
    timeout: 'upstream-timeout',
    answers: ANSWERS,
    answer(call) {
      const { context, query, signal } = call
      const { raw } = context.req
      const name = call.account(query.account)
      const { headers } = raw
      return passOn({ account: name, method: 'GET', path: resources.accounts, headers, request: raw, signal })
    },
  })

  const ofAccount = (name: 'balances' | 'positions') =>
    defineRoute({
      method: 'get',
      path: `/api/v1/${name}`,
      access: ['proxy'],
      summary: `The ${name} of an account at the provider`,
      query: apiAccountQuery,
      timeout: 'upstream-timeout',
      answers: ANSWERS,
      answer(call) {
        const { context, query, signal } = call
        const { raw } = context.req
        const { headers } = raw
        const path = resources[name].replace('{account_id}', query.account_id)
        return passOn({ account: call.account(query.account), method: 'GET', path, headers, request: raw, signal })
      },
    })

  return [accounts, ofAccount('balances'), ofAccount('positions')]
}
