import { invalidOptions } from '@evergrant/core'
import { TASTYTRADE_FAULTS, type FakeTastytrade } from '@evergrant/testing'
import { columns } from '../output/columns.ts'
import { formatDuration } from '../output/duration.ts'
import { credentialLines, type Shell } from './environment-lines.ts'
import { ORDERS, type Order } from './order.ts'

/** Does what was ordered, all but `quit`; gives what to say of it. Throws `invalid-options` for a fault that there is not. */
export function carryOut(order: Order, fake: FakeTastytrade, shell: Shell): string {
  switch (order.do) {
    case 'fail':
      return script(order.fault, order.options, fake)
    case 'heal':
      fake.heal()
      return 'No more faults.\n'
    case 'block':
      fake.block(order.ms)
      return `Blocked${order.ms === undefined ? '' : ` for ${formatDuration(order.ms)}`}: nothing is answered.\n`
    case 'unblock':
      fake.unblock()
      return 'Answering again.\n'
    case 'expire':
      fake.invalidateAccessTokens()
      return 'Every access token is dead.\n'
    case 'revoke':
      fake.revokeGrant()
      return 'The grant is gone. A new one comes with: grant\n'
    case 'grant':
      return credentialLines(fake.createGrant(), shell)
    case 'new-secret': {
      const clientSecret = fake.regenerateClientSecret()
      return `Every grant is gone.\n${credentialLines({ clientSecret }, shell)}`
    }
    case 'show':
      return summary(fake)
    case 'faults':
      return `${TASTYTRADE_FAULTS.join('\n')}\n`
    case 'help':
      return columns(ORDERS)
    case 'quit':
      return ''
  }
}

function script(name: string, options: Readonly<Record<string, unknown>>, fake: FakeTastytrade): string {
  const fault = TASTYTRADE_FAULTS.find((known) => known === name)
  if (fault === undefined)
    throw invalidOptions('fault', `there is no fault named ${name}`, 'Type faults for their names.')
  const { remaining } = fake.fail(fault, options)
  return `${remaining === Number.POSITIVE_INFINITY ? 'All requests' : `The next ${remaining}`} will meet ${fault}.\n`
}

function summary({ requests, tokenRequests, failedLogins, blocked }: FakeTastytrade): string {
  return columns([
    ['requests', String(requests.length)],
    ['token requests', String(tokenRequests)],
    ['failed logins', String(failedLogins)],
    ['blocked', blocked ? 'yes' : 'no'],
  ])
}
