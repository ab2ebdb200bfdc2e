import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { errnoOf } from './failures.ts'

/** One process, told apart from all others as well as the platform can. */
export interface ProcessIdentity {
  readonly pid: number
  readonly host: string
  /** Within which a pid means something: this start of the machine and, on Linux, the pid namespace (a container). */
  readonly space: string
  /** When the process started, on Linux, so that a reused pid is seen through; else empty. */
  readonly started: string
}

/** Who holds a lock or a lease. */
export interface Owner extends ProcessIdentity {
  /** Of this one acquisition. */
  readonly nonce: string
}

/**
 * - `dead`: the process is gone
 * - `alive`: it runs
 * - `unknown`: it cannot be asked from here (another host or container), or may be somebody else by now
 */
export type Fate = 'dead' | 'alive' | 'unknown'

// The nonce becomes part of file names.
const NONCE = /^[\w-]{1,64}$/

let self: ProcessIdentity | undefined

/** Asked of the system once: a host name may change while the process runs, and it must go on knowing itself. */
export function thisProcess(): ProcessIdentity {
  return (self ??= describeThisProcess())
}

function describeThisProcess(): ProcessIdentity {
  const boot = readText('/proc/sys/kernel/random/boot_id')
  const namespace = readOr('', () => readlinkSync('/proc/self/ns/pid'))
  const started = readStat('self')?.started ?? ''
  return { pid: process.pid, host: hostname(), space: [boot, namespace].join(' ').trim(), started }
}

export function parseOwner(value: unknown): Owner | null {
  if (typeof value !== 'object' || value === null) return null
  const { pid, host, space, started, nonce } = value as Partial<Record<keyof Owner, unknown>>
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null
  if (typeof host !== 'string' || typeof space !== 'string' || typeof started !== 'string') return null
  return typeof nonce === 'string' && NONCE.test(nonce) ? { pid, host, space, started, nonce } : null
}

export function fateOf(owner: ProcessIdentity, self: ProcessIdentity): Fate {
  if (owner.host !== self.host || owner.space !== self.space) return 'unknown'
  // Another thread of this process, or something that one of them left behind.
  if (owner.pid === self.pid && owner.started === self.started) return 'unknown'
  if (!exists(owner.pid)) return 'dead'
  const stat = readStat(owner.pid)
  if (stat === null || owner.started === '') return 'unknown'
  return stat.ended || stat.started !== owner.started ? 'dead' : 'alive'
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Any other refusal (EPERM) means that somebody else's process has this pid.
    return errnoOf(error) !== 'ESRCH'
  }
}

/** From proc(5): the state is the 3rd field, the start time the 22nd. The 2nd is a name that may hold anything. */
function readStat(pid: number | 'self'): { readonly ended: boolean; readonly started: string } | null {
  const text = readText(`/proc/${pid}/stat`)
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  const started = fields[19]
  if (state === undefined || started === undefined) return null
  // A zombie keeps its pid until its parent asks for it, which in a container may be never.
  return { ended: state === 'Z' || state === 'X', started }
}

function readText(path: string): string {
  return readOr('', () => readFileSync(path, 'utf8').trim())
}

function readOr<T>(fallback: T, read: () => T): T {
  try {
    return read()
  } catch {
    return fallback
  }
}
