import type { AccountReport } from '@evergrant/core'
import type { Accounts } from '../../accounts/accounts.ts'
import { mayUse } from '../../keys/principal.ts'
import { isoTime, jsonAnswer } from '../json-answer.ts'
import { pageOf, readPage } from '../page.ts'
import { Problem } from '../problem.ts'
import { defineRoute, type Route } from '../route.ts'
import { accountStatus, pageQuery, accountQuery, statusPage } from '../schemas.ts'
import { reportView, statusView } from '../status-view.ts'

/** The budget is the issuer's, so any account tells it; this one cannot exist. */
export const NO_ACCOUNT = '-'

export function statusRoute(accounts: Accounts): Route {
  async function one(account: string): Promise<Response> {
    const report = await accounts.report(account)
    const status = accounts.awake(account)
    if (status !== null) return jsonAnswer({ status: statusView(account, status), login_budget: budgetView(report) })
    if (!report.credentials || report.signedOut) {
      throw new Problem('account-unknown', { account })
    }
    return jsonAnswer({ status: reportView(report), login_budget: budgetView(report) })
  }

  return defineRoute({
    method: 'get',
    path: '/api/v1/status',
    access: 'any',
    summary: 'How an account stands, or all that are awake',
    description: 'Without `account`: every account that is awake and that the key may use, in alphabetical order.',
    query: accountQuery.extend(pageQuery.shape),
    answers: { 200: { description: 'One, or a page of them', schema: accountStatus.or(statusPage) } },
    async answer(call) {
      const { query, principal } = call
      if (query.account !== undefined || principal.only !== null) return one(call.account(query.account))
      const { limit, after } = readPage(query)
      const names = accounts.awakeNames.filter((name) => name > after && mayUse(principal, name))
      const page = pageOf(names.toSorted().slice(0, limit + 1), limit)
      const statuses = page.items.flatMap((name) => {
        const status = accounts.awake(name)
        return status === null ? [] : [statusView(name, status)]
      })
      const report = await accounts.report(NO_ACCOUNT)
      return jsonAnswer({ statuses, next: page.next, login_budget: budgetView(report) })
    },
  })
}

function budgetView({ budget }: AccountReport): object {
  return { limit: budget.limit, left: budget.left, free_at: isoTime(budget.freeAt) }
}
