import type { LeaseHolder } from '@evergrant/adapters/file'
import { fine, note, warning, type Finding } from '../finding.ts'

/** Who else is at work on this store. */
export function checkProcesses(holders: readonly LeaseHolder[], store: string): readonly Finding[] {
  if (holders.length === 0) return [fine('processes', 'Nobody is fetching a token in this store just now.')]
  return holders.map(({ key, pid, host, fate }) => {
    const facts = { key: key ?? 'lock', pid, host, fate }
    const what = key === null ? `the lock of ${store}` : `the lease ${key}`
    if (fate === 'dead') {
      return note('processes', {
        title: `Process ${pid} ended while it held ${what}.`,
        cause: 'It was killed, or the machine went down. The next process that asks takes it over by itself.',
        facts,
      })
    }
    if (fate === 'unknown') {
      return note('processes', {
        title: `Process ${pid} on ${host} seems to hold ${what}.`,
        cause:
          'Whether it still runs cannot be told from here, such as for another host or container. If it is gone, others take over after seconds.',
        facts,
      })
    }
    if (key !== null) {
      return note('processes', {
        title: `Process ${pid} holds ${what}: it is fetching a token.`,
        cause:
          'That takes a second, and up to half a minute if the server does not answer. Others wait, and take its token over.',
        next: [`If it stays so for minutes, look at the process: ps -p ${pid}`],
        facts,
      })
    }
    return warning('processes', {
      title: `Process ${pid} holds ${what}.`,
      cause: 'It is held for milliseconds only, so the process may be stopped or hang, and then nobody can write.',
      next: ['Run the doctor once more.', `If it is still so: let the process go on (kill -CONT ${pid}), or end it.`],
      facts,
    })
  })
}
