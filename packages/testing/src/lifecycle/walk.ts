import { AssertionError } from 'node:assert/strict'
import { perform } from './acts.ts'
import { problemsOf, problemsOfAdoption, problemsOfAge, problemsOfWait, see } from './check.ts'
import { arrivalsIn, show, type Expectation } from './expectation.ts'
import { MOVES } from './moves.ts'
import type { LifecyclePath } from './paths.ts'
import { problemsOfRecovery } from './recovery.ts'
import { openScene, type Scene, type SceneParts } from './scene.ts'
import { settle } from './settling.ts'
import { stepsOf, type PathStep } from './steps.ts'

/** Walks one path with a real session. Rejects with an `AssertionError` that tells the way there and what is wrong. */
export async function walkPath(path: LifecyclePath, parts: SceneParts): Promise<void> {
  const scene = await openScene(parts)
  const story: string[] = []
  try {
    for (const step of stepsOf(path)) {
      const { move, after } = step
      story.push(`${move} (the ${MOVES[move].by} ${MOVES[move].says}) → ${show(after)}`)
      fail(story, await problemsOfStep(scene, step))
    }
    story.push('then all trouble ends → valid')
    fail(story, await problemsOfRecovery(scene))
  } finally {
    await scene[Symbol.asyncDispose]()
  }
  story.push('the session is disposed')
  fail(story, scene.clock.pending === 0 ? [] : [`P12: ${scene.clock.pending} alarms are left`])
}

async function problemsOfStep(scene: Scene, { before, move, after }: PathStep): Promise<string[]> {
  const { server } = scene
  const arrivedBefore = server.arrived.length
  try {
    await perform(move, scene)
  } catch (error) {
    return [`the move could not be made: ${error instanceof Error ? error.message : String(error)}`]
  }
  const atOnce = problemsOfAge(scene)
  // What a sibling sends is its own affair.
  const counted = move === 'SIBLING_FETCHED' ? server.arrived.length : arrivedBefore
  const arrivals = arrivalsIn(before, move, after)
  const due = counted + arrivals.requests + arrivals.probes
  const adoption = () => problemsOfAdoption(scene, move, after)
  await settle(scene, () => isSeenAs(scene, after) && server.arrived.length >= due && adoption().length === 0)
  const problems = await problemsOf(scene, after, arrivals, counted)
  return [...atOnce, ...problems, ...problemsOfWait(scene, move), ...adoption()]
}

function isSeenAs(scene: Scene, expected: Expectation): boolean {
  const { session, exchanges } = scene
  const { state, retryAt } = session.getSnapshot()
  // Seen as `expiring` before its request has gone out, it is not yet where it is going.
  const ready = expected.underWay === 'request' || (exchanges === 0 && !(state === 'expiring' && retryAt === null))
  return ready && show(see(scene)) === show(expected)
}

function fail(story: readonly string[], problems: readonly string[]): void {
  if (problems.length === 0) return
  const steps = story.map((step, index) => `  ${index + 1}. ${step}`)
  const wrong = problems.map((problem) => `  - ${problem}`)
  throw new AssertionError({
    message: ['The session left the path of the model:', ...steps, 'What is wrong after the last step:', ...wrong].join(
      '\n',
    ),
    operator: 'walkPath',
  })
}
