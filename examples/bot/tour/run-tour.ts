import { setInterval } from 'node:timers/promises'
import { ACTS } from './acts.ts'
import { closingTable } from './closing-table.ts'
import { createNarrator, printAct, printHeader, progressLine } from './narration.ts'
import type { Screen } from './screen.ts'
import { openStage, type Stage } from './stage.ts'
import { summarize, type Summary } from './summary.ts'

/** Ms between two looks at what is going on. */
const PROGRESS = 200

export interface TourRun {
  readonly screen: Screen
  readonly signal: AbortSignal
  /** False goes on with ordinary life until the signal. */
  readonly once: boolean
  readonly onSummary: (summary: Summary) => void
}

/** Shows the tour. Gives its summary, or `null` if the signal ended it before there was one. */
export async function runTour({ screen, signal, once, onSummary }: TourRun): Promise<Summary | null> {
  await using opened = new AsyncDisposableStack()
  const stage = opened.use(await openStage(signal, createNarrator(screen)))
  printHeader(screen, stage.url)
  let act = 0
  opened.use(showProgress(screen, stage, () => act))
  let complete = true
  try {
    for (const one of ACTS) {
      act += 1
      printAct(screen, one, act)
      await one.play(stage)
    }
  } catch (error) {
    if (signal.aborted) return null
    complete = false
    screen.line(screen.style('red', `     ${String(error)}`))
  }
  const summary = summarize(stage.evidence(screen.written), complete)
  screen.line()
  for (const line of closingTable(summary, screen)) screen.line(line)
  onSummary(summary)
  if (once) return summary

  act = ACTS.length + 1
  stage.doing = 'ordinary life'
  screen.line()
  screen.line(`${screen.style('bold', 'The bot goes on.')} Ctrl-C ends it.`)
  await stage.linger().catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  return summary
}

function showProgress(screen: Screen, stage: Stage, act: () => number): AsyncDisposable {
  const over = new AbortController()
  const began = Date.now()
  const showing = (async () => {
    for await (const _ of setInterval(PROGRESS, undefined, { signal: over.signal })) {
      screen.progress(progressLine(stage, act(), Date.now() - began))
    }
  })().catch((error: unknown) => {
    if (!over.signal.aborted) throw error
  })
  return {
    async [Symbol.asyncDispose]() {
      over.abort()
      await showing
      screen.clear()
    },
  }
}
