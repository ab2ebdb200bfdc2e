import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRig } from '../peers/rig/rig.ts'
import { runChild } from './run-child.ts'

/** What a number of processes with one rotating grant comes to. */
export interface ProcessesCost {
  readonly count: number
  /** Token requests for each lifetime of a token; one is what it takes. */
  readonly requests: number
  /** Share of calls that got a token. */
  readonly served: number
  /** The longest a call waited, ms. */
  readonly longest: number
}

/** Ms. */
const LIFETIME = 1_000
const DURATION = 8_000

const CHILD = new URL('sharing-process.ts', import.meta.url)

/** So many processes on one file, over a server that rotates strictly. */
export async function measureProcesses(count: number): Promise<ProcessesCost> {
  using rig = await startRig()
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-growth-'))
  try {
    await rig.behave({ rotation: 'strict', lifetime: LIFETIME, latency: 30 })
    const { url, refreshToken } = rig
    const input = { url, refreshToken, file: join(folder, 'grant'), duration: DURATION }
    const children = Array.from({ length: count }, () => runChild(CHILD, [], input))
    const told = (await Promise.all(children)) as { calls: number; served: number; longest: number }[]
    const { tokenRequests } = await rig.seen()
    const sum = (of: 'calls' | 'served') => told.reduce((total, one) => total + one[of], 0)
    return {
      count,
      // Renewed when a third of the life is left.
      requests: tokenRequests / (DURATION / (LIFETIME * (2 / 3))),
      served: sum('served') / sum('calls'),
      longest: Math.max(...told.map(({ longest }) => longest)),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
