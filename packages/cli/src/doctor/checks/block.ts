import type { AccountReport } from '@evergrant/core'
import { FAQ, SUPPORT } from '../../login/website.ts'
import { formatDuration } from '../../output/duration.ts'
import { formatMoment } from '../../output/moment.ts'
import { failure, fine, warning, type Finding } from '../finding.ts'

/** The memory of a block that all accounts of the store share. The budget has a finding of its own. */
export function checkBlock(block: AccountReport['block'], now: number): Finding {
  if (block === null || block.reason === 'login-budget-spent') {
    return fine('block', 'No block of this address is known.', { reason: null })
  }
  const { reason, until, nextProbeAt } = block
  const facts = { reason, until, nextProbeAt }
  const end = `It is over at the latest at ${formatMoment(until, now)}; bots look again ${formatMoment(nextProbeAt, now)}, without a login.`
  if (reason === 'edge-refused') {
    return failure('block', 'blocked', {
      title: 'Something in front of the server refuses this computer.',
      cause: `Logins were answered by a firewall or proxy, not by the server. ${end}`,
      next: [
        'Give your programs a User-Agent of the form name/version, such as my-bot/1.0.',
        'Switch off a VPN or proxy, if there is one.',
        'Keep the refresh token: it is not in question.',
      ],
      page: FAQ,
      facts,
    })
  }
  return failure('block', 'blocked', {
    title: 'The server seems to have blocked this address.',
    cause: `After too many failed logins it answers nothing for about 8 hours. ${end}`,
    next: [
      'Wait, and start nothing that logs in from here; nothing is to be mended meanwhile but what failed.',
      `If it lasts longer, write to ${SUPPORT}.`,
    ],
    page: FAQ,
    facts,
  })
}

/** How many failed logins the issuer's budget still allows. */
export function checkBudget({ limit, window, failed, left, freeAt }: AccountReport['budget'], now: number): Finding {
  const facts = { limit, window, failed, left, freeAt }
  const span = formatDuration(window)
  if (left === 0) {
    return failure('budget', 'blocked', {
      title: `The login budget is spent: ${failed} logins failed within ${span}, so none is sent.`,
      cause: 'The server blocks an address for 8 hours after too many failed logins; evergrant stops before that.',
      next: [
        `Wait until ${freeAt === null ? 'it is free again' : formatMoment(freeAt, now)}.`,
        'Meanwhile check the client secret, the refresh token and the environment of every account in this store.',
      ],
      page: FAQ,
      facts,
    })
  }
  if (failed > 0) {
    return warning('budget', {
      title: `${failed} of ${limit} failed logins are used up; ${left} left within ${span}.`,
      cause: 'Something in this store logs in with credentials that the server refuses.',
      next: ['Run: evergrant accounts   and mend the account that is revoked.'],
      facts,
    })
  }
  return fine('budget', `The login budget is whole: ${limit} failed logins in ${span}.`, facts)
}
