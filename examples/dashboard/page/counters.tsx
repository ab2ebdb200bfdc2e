import type { LabView } from '../world/lab.ts'

/** What it all has cost so far. */
export function Counters({ view: { counters, budget, blocked } }: { readonly view: LabView }) {
  const figures: readonly (readonly [name: string, value: number | string, note: string])[] = [
    ['Requests of the bots', counters.requests, `${counters.replays} sent twice`],
    ['Failures they saw', counters.failures, `${counters.waits} waited for a token`],
    ['Token requests', counters.tokenRequests, `${counters.granted} granted`],
    [
      'Failed logins left',
      budget === null ? '–' : `${budget.left} of ${budget.limit}`,
      `${counters.failedLogins} so far`,
    ],
    ['Probes', counters.probes, blocked ? 'the server is silent' : 'the server answers'],
  ]
  return (
    <dl className="counters" aria-label="Counters">
      {figures.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <b>{value}</b> <span>{note}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}
