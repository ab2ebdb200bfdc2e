import { memo } from 'react'
import type { LogLine } from '../world/sightings.ts'
import { timeOfDay } from '../world/words.ts'

const WHO: Readonly<Record<LogLine['who'], string>> = { A: 'bot A', B: 'bot B', you: 'you' }

/** What happened, the newest first. Drawn anew only when there is something new. */
export const EventLog = memo(({ log }: { readonly log: readonly LogLine[] }) => (
  <section className="log" aria-label="Event log">
    <h2>What happened</h2>
    <ol tabIndex={0} aria-label="Events, the newest first">
      {log.map(({ id, at, who, text, state }) => (
        <li key={id} data-state={state} data-who={who}>
          <time>{timeOfDay(at)}</time>
          <span className="who">{WHO[who]}</span>
          <span className="text">{text}</span>
        </li>
      ))}
    </ol>
  </section>
))
