import type { Rotation } from '@evergrant/testing'
import { useMemo, useState } from 'react'
import { createLab, type Lab } from '../world/lab.ts'
import { createSwitches, putRight } from '../world/switches.ts'
import { Advice } from './advice.tsx'
import { BotState, NoBot } from './bot-state.tsx'
import { ClockControls } from './clock-controls.tsx'
import { Counters } from './counters.tsx'
import { EventLog } from './event-log.tsx'
import { MachineView } from './machine-view.tsx'
import { Switchboard } from './switchboard.tsx'
import { ThemeButton } from './theme-button.tsx'
import { Timeline } from './timeline.tsx'
import { useLab } from './use-lab.ts'

export function App({ first }: { readonly first: Lab }) {
  const [lab, setLab] = useState(first)

  function beginAnew(rotation: Rotation): void {
    const { running, speed } = lab.pace
    lab.dispose()
    const next = createLab({ rotation, speed })
    if (running) next.pace.run()
    void next.settle()
    setLab(next)
  }

  // Another kind of server is another world too.
  return <Page lab={lab} onBeginAnew={beginAnew} />
}

interface PageProperties {
  readonly lab: Lab
  readonly onBeginAnew: (rotation: Rotation) => void
}

function Page({ lab, onBeginAnew }: PageProperties) {
  const view = useLab(lab)
  const groups = useMemo(() => createSwitches(lab), [lab])
  const lead = view.bots.find(({ bot }) => bot.name === 'A')?.bot
  const state = lead?.session.getSnapshot().state ?? 'dead'

  return (
    <div className="page" data-state={state}>
      <header className="head">
        <div className="title">
          <h1>The lab of evergrant</h1>
          <p>Break the world of a bot, and watch its access token stay alive.</p>
        </div>
        <ClockControls lab={lab} view={view} />
        <ThemeButton />
      </header>
      <main className="columns">
        <section className="stage" aria-label="What the bots do">
          <div className="states">
            {view.bots.map((shown) => (
              <BotState key={shown.bot.name} {...shown} />
            ))}
            {lead === undefined && <NoBot name="A" />}
            <Advice bots={view.bots} />
          </div>
          <div className="scene">
            <MachineView view={view} />
            <EventLog log={view.log} />
          </div>
          <Timeline view={view} />
          <Counters view={view} />
        </section>
        <Switchboard
          groups={groups}
          rotation={lab.rotation}
          onBeginAnew={onBeginAnew}
          onFlip={(flip) => {
            flip()
            void lab.settle()
          }}
          onPutRight={() => {
            putRight(lab)
            void lab.settle()
          }}
        />
      </main>
      <p className="ticker" aria-hidden="true">
        Bot A: <strong>{state}</strong>
      </p>
    </div>
  )
}
