import { FAQ } from '../../login/website.ts'
import { failure, fine, note, type Finding } from '../finding.ts'
import type { Probe } from '../probe-server.ts'

/** What the edge answers to evergrant's User-Agent, and to the one that Node sends by itself. */
export function checkUserAgent(userAgent: string, named: Probe, bare: Probe | null): Finding | null {
  if (named.type !== 'answered') return null
  const { status, edge } = named
  const bareStatus = bare?.type === 'answered' ? bare.status : null
  const facts = { userAgent, status, bareStatus }
  if (edge) {
    return failure('user-agent', 'blocked', {
      title: `Something in front of the server answers ${status}, before the server itself has seen the request.`,
      cause: `A firewall, a proxy or the server's edge does not like this computer or its User-Agent (${userAgent}). No login has been judged.`,
      next: [
        'Give your own programs a User-Agent of the form name/version, such as my-bot/1.0.',
        'Switch off a VPN or proxy, and look at what a company firewall does with unknown programs.',
        'Keep the refresh token: it is not in question.',
      ],
      page: FAQ,
      facts,
    })
  }
  if (bare?.type === 'answered' && bare.edge) {
    return note('user-agent', {
      title: `The server wants a User-Agent, and takes that of evergrant (${userAgent}).`,
      cause: `A program that sends none, or the "node" that Node sends by itself, gets ${bare.status} with a page or with nothing.`,
      next: ['A 401 in your own program? Send a User-Agent of the form name/version, such as my-bot/1.0.'],
      page: FAQ,
      facts,
    })
  }
  return fine('user-agent', `The User-Agent ${userAgent} is let through.`, facts)
}
