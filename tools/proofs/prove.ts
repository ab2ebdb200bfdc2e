import type { Fault } from './faults.ts'
import { judge, type Judgement } from './judgement.ts'
import type { ScratchCopy } from './scratch-copy.ts'
import { runTests } from './test-run.ts'

/** What came of one fault. */
export interface Proof {
  readonly fault: Fault
  readonly judgements: readonly Judgement[]
  /** Every test that it names turned red. */
  readonly caught: boolean
  readonly seconds: number
}

/** Puts the fault into the copy, runs the tests that it names, and takes it out again. */
async function prove(copy: ScratchCopy, fault: Fault): Promise<Proof> {
  const since = performance.now()
  const judgements = await judgeUnder(copy, fault)
  const seconds = (performance.now() - since) / 1_000
  return { fault, judgements, caught: judgements.every(({ caught }) => caught), seconds }
}

async function judgeUnder(copy: ScratchCopy, fault: Fault): Promise<readonly Judgement[]> {
  try {
    copy.patch(fault.path, 'in')
  } catch {
    return fault.guards.map((guard) => ({ guard, caught: false, said: 'was not run: the patch does not apply' }))
  }
  try {
    const results = await runTests(copy.folder, fault.guards)
    return fault.guards.map((guard) => judge(guard, results))
  } finally {
    copy.patch(fault.path, 'out')
  }
}

/** Proves all of them, a few at a time, each lane in a copy of its own; calls `done` after each. */
export async function proveAll(
  copies: readonly ScratchCopy[],
  faults: readonly Fault[],
  done: (proof: Proof) => void,
): Promise<readonly Proof[]> {
  const waiting = [...faults]
  const proofs: Proof[] = []
  async function work(copy: ScratchCopy): Promise<void> {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
      const proof = await prove(copy, fault)
      proofs.push(proof)
      done(proof)
    }
  }
  await Promise.all(copies.map(work))
  return proofs.toSorted((a, b) => a.fault.name.localeCompare(b.fault.name))
}
