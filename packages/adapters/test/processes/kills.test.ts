import type { Rotation } from '@evergrant/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { whole } from '../../../../tools/extent.ts'
import { EACH_STEP, planKills, STEPS } from './kill-plan.ts'
import { runLane, type Death, type LaneReport, type Survival } from './lane.ts'
import { bundledProgram } from './program.ts'
import { scratchFolder } from './scratch-folder.ts'

const putMortal = bundledProgram(new URL('fixtures/mortal.ts', import.meta.url))
/** Lanes at a time: enough that one works while another waits. */
const LANES = 3
/** For all kills of a run, in ms: each wait in it has a bound of its own. */
const PATIENCE = 600_000
/** The server may have rotated, and the file does not know yet: the window of P7. */
const WINDOW: readonly Death['lastStep'][] = ['journaled', 'answered']

/** Kills process after process, each with a session over one file, and lets others survive them. */
async function killAll(rotation: Rotation): Promise<LaneReport> {
  using folder = scratchFolder()
  const program = await putMortal(folder.path)
  const plan = planKills(`kills with ${rotation}`)
  const lanes = Array.from({ length: LANES }, (_, lane) => {
    return runLane({ rotation, program, folder: folder.path, kills: plan.filter((_kill, n) => n % LANES === lane) })
  })
  const reports = await Promise.all(lanes)
  return {
    deaths: reports.flatMap(({ deaths }) => deaths),
    survivals: reports.flatMap(({ survivals }) => survivals),
  }
}

function countByStep(deaths: readonly Death[]): Record<string, number> {
  const places: readonly Death['lastStep'][] = ['none', ...STEPS]
  return Object.fromEntries(places.map((place) => [place, deaths.filter(({ lastStep }) => lastStep === place).length]))
}

describe.each(['grace', 'strict'] as const)('kills over a server with %s rotation', (rotation) => {
  let deaths: readonly Death[] = []
  let survivals: readonly Survival[] = []

  beforeAll(async () => {
    ;({ deaths, survivals } = await killAll(rotation))
  }, PATIENCE)

  it('fall at every step of the exchange, at every change on disk and at any time, and each has its survivor', async ({
    annotate,
  }) => {
    await annotate(`kills by the last step taken: ${JSON.stringify(countByStep(deaths))}`)
    expect(deaths.map(({ ended }) => ended)).toEqual(deaths.map(() => 'SIGKILL'))
    const named = deaths.filter(({ kill }) => 'step' in kill.how)
    expect(named.every(({ kill, lastStep }) => 'step' in kill.how && kill.how.step === lastStep)).toBe(true)
    expect(countByStep(named)).toEqual({ none: 0, ...Object.fromEntries(STEPS.map((step) => [step, EACH_STEP])) })
    expect(deaths).toHaveLength(whole ? 250 : 26)
    expect(survivals.reduce((sum, survival) => sum + survival.deaths, 0)).toBe(deaths.length)
  })

  it('P7 never damage the file, open it to others, or take it back to an older token', () => {
    expect(deaths.filter(({ damage }) => damage.length > 0)).toEqual([])
  })

  it('P12 never hold a survivor up: what the dead held is taken at the first look, and cleared away', () => {
    expect(survivals.filter(({ pauses, leftovers }) => pauses > 0 || leftovers.length > 0)).toEqual([])
  })

  it('P7 leave a rotation unsaved only between the commit of the server and the write that saves it', () => {
    const unsaved = deaths.filter((death) => death.unsaved && !death.inherited)
    expect(unsaved.filter(({ lastStep }) => !WINDOW.includes(lastStep))).toEqual([])
    // Once the answer is there, nothing but the write can close it.
    const answered = deaths.filter(({ kill }) => 'step' in kill.how && kill.how.step === 'answered')
    expect(answered.filter((death) => !death.unsaved)).toEqual([])
  })

  const loss = rotation === 'grace' ? 'ok' : 'rotation-lost'
  const behaviour = rotation === 'grace' ? 'lose no grant at all' : 'lose a grant by that alone, as rotation-lost'
  it(`P7 ${behaviour}`, () => {
    expect(survivals.filter(({ unsaved, outcome }) => outcome !== (unsaved ? loss : 'ok'))).toEqual([])
    expect(survivals.some(({ unsaved }) => unsaved)).toBe(true)
  })
})
