import { fork as forkProcess } from 'node:child_process'
// One contestant in one scenario, in a process of its own. It is told what to do by a message, so that no secret is among its
// arguments, and says what came of it.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PEERS } from './clients/all.ts'
import type { Peer } from './clients/client.ts'
import { startRig, type Rig } from './rig/rig.ts'
import { SCENARIOS } from './scenarios/all.ts'
import { FORKED } from './scenarios/rotation.ts'
import type { Arena, Result } from './scenarios/scenario.ts'

/** What it is told. With `work`, the server and the folder are those of another contestant. */
export interface Task {
  readonly peer: string
  readonly quick: boolean
  readonly scenario?: string
  readonly work?: keyof typeof FORKED
  readonly url?: string
  readonly refreshToken?: string
  readonly folder?: string
}

/** What it says: figures, or why there are none. */
export type Told = { readonly result: Result } | { readonly failed: string }

const CLIENT_ID = 'invented-client'
const CLIENT_SECRET = 'invented-client-secret'
const MARGIN = 60

function arenaOf(peer: Peer, quick: boolean, rig: Rig, folder: string): Arena {
  return {
    peer,
    rig,
    quick,
    async open({ margin = MARGIN, file = null, ...settings } = {}) {
      if (peer.fixedMargin !== undefined) await rig.overstate(Math.max(0, peer.fixedMargin - margin))
      const { url, refreshToken } = rig
      const place = file === null ? null : join(folder, file)
      const login = { url, refreshToken, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }
      return peer.create({ ...login, margin, ...settings, file: place })
    },
    async fork(work) {
      const child = forkProcess(fileURLToPath(import.meta.url), { execArgv: process.execArgv })
      const { url, refreshToken } = rig
      child.send({ peer: peer.name, quick, work, url, refreshToken, folder } satisfies Task)
      const [told] = (await once(child, 'message')) as [Told]
      if ('failed' in told) throw new Error(told.failed)
      return told.result
    },
  }
}

/** The server of another contestant, from beside it. */
function borrowedRig(url: string, refreshToken: string): Rig {
  const none = () => Promise.resolve()
  const seen = () => Promise.reject(new Error('the other process asks'))
  return { url, refreshToken, newGrant: none, overstate: none, behave: none, seen, [Symbol.dispose]: () => undefined }
}

async function run(task: Task): Promise<Result> {
  const peer = PEERS.find(({ name }) => name === task.peer)
  if (peer === undefined) throw new Error(`no contestant ${task.peer}`)
  const { work, url, refreshToken, folder } = task
  if (work !== undefined && url !== undefined && refreshToken !== undefined && folder !== undefined) {
    return FORKED[work](arenaOf(peer, task.quick, borrowedRig(url, refreshToken), folder))
  }
  const scenario = SCENARIOS.find(({ name }) => name === task.scenario)
  if (scenario === undefined) throw new Error(`no scenario ${task.scenario}`)
  const own = mkdtempSync(join(tmpdir(), 'evergrant-peers-'))
  using rig = await startRig()
  try {
    return await scenario.run(arenaOf(peer, task.quick, rig, own))
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

const [task] = (await once(process, 'message')) as [Task]
// A library that leaves a rejection to nobody would end the process; what that means is in its row.
process.on('unhandledRejection', () => undefined)
const told: Told = await run(task).then(
  (result) => ({ result }),
  (error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }),
)
process.send?.(told, () => process.disconnect())
// What keeps it alive from here on is the client; the parent watches for how long.
