import { randomBytes } from 'node:crypto'
import { renameSync, rmSync } from 'node:fs'
import type { Clock } from '@evergrant/core'
import { unavailable } from '../store/failures.ts'
import { pause } from '../time/pause.ts'
import { attempt, shellPath } from './failures.ts'
import { createLock, readLock, removeLock } from './lock-file.ts'
import { fateOf, thisProcess, type Owner } from './owner.ts'
import { makeFolder, temporaryFor, type Place } from './place.ts'
import { createVigil, type Vigil } from './vigil.ts'

/** The lock, seen from inside a section. */
export interface HeldLock {
  /** Of this acquisition; unique for ever. */
  readonly nonce: string
  /** Throws if somebody took the lock over, because this process stood still for too long. */
  readonly confirm: () => void
}

/** One section at a time over all threads and processes that use the same place. */
export interface Mutex {
  /**
   * Runs the section, which is synchronous and takes milliseconds. Rejects with `store-unavailable` if the lock does
   * not come free in time, or with the reason of `signal`; the section has not run then.
   */
  run<T>(place: Place, section: (lock: HeldLock) => T, signal?: AbortSignal): Promise<T>
}

export interface MutexOptions {
  readonly clock: Clock
  /** Ms to wait for an owner that is alive. */
  readonly maxWait: number
}

/** Sections take milliseconds. Who has not moved for this long never will, or finds out in `confirm` that it is late. */
const STANDSTILL = 10_000
const FIRST_STEP = 2
const LONGEST_STEP = 20
/** Guards of guards exist only if takers die while they take over, one after the other. */
const DEEPEST_GUARD = 3

export function createMutex({ clock, maxWait }: MutexOptions): Mutex {
  const vigils = new Map<string, Vigil>()

  function vigilOver(path: string): Vigil {
    let vigil = vigils.get(path)
    if (vigil === undefined) vigils.set(path, (vigil = createVigil(clock)))
    return vigil
  }

  function isGone(path: string, owner: Owner): boolean {
    return fateOf(owner, thisProcess()) === 'dead' || vigilOver(path).look(owner.nonce) >= STANDSTILL
  }

  /**
   * Takes the lock at `path`, if need be from an owner that is gone: `acquired`, or who is in the way (`null` if that
   * has just left). Two takers cannot both win: each must first hold a guard, itself a lock, that is named after the
   * owner to be replaced, and then find that owner still in place. The guard becomes the lock by one rename.
   */
  function acquire(place: Place, path: string, owner: Owner, depth: number): 'acquired' | Owner | null {
    if (createLock(path, owner)) return 'acquired'
    const present = readLock(path)
    if (present === null || !isGone(path, present) || depth === DEEPEST_GUARD) return present
    const guard = `${path}.${present.nonce}`
    const taken = acquire(place, guard, owner, depth + 1)
    if (taken !== 'acquired') return taken
    if (readLock(path)?.nonce !== present.nonce) {
      removeLock(guard)
      return null
    }
    // First, so that an owner who only stood still has nothing left to rename, and no crash here leaves a stray file.
    for (const file of [place.target, place.leases]) rmSync(temporaryFor(file, present.nonce), { force: true })
    renameSync(guard, path)
    return 'acquired'
  }

  function confirm(place: Place, nonce: string): void {
    if (readLock(place.lock)?.nonce === nonce) return
    const help = 'Nothing was written. Try again; if it happens often, something stops this process for seconds.'
    throw unavailable(
      place.location,
      `The lock of ${place.location} was taken over while this process stood still`,
      help,
    )
  }

  function release(place: Place, nonce: string): void {
    try {
      if (readLock(place.lock)?.nonce === nonce) removeLock(place.lock)
    } catch {
      // The section is done, and its result stands. Others take the lock over.
    }
  }

  function giveUp(place: Place, owner: Owner | null): never {
    const who = owner === null || owner.pid === 0 ? 'somebody' : `process ${owner.pid} on ${owner.host}`
    const help =
      'The lock is held for milliseconds only: whoever has it hangs or is stopped. End that process or let it go on. ' +
      `If there is none, delete the lock: rm ${shellPath(place.lock)}`
    throw unavailable(place.location, `${place.location} is locked by ${who}`, help)
  }

  return {
    async run(place, section, signal) {
      const waiting = createVigil(clock)
      for (let step = FIRST_STEP; ; step = Math.min(2 * step, LONGEST_STEP)) {
        signal?.throwIfAborted()
        makeFolder(place)
        const nonce = randomBytes(12).toString('base64url')
        const owner: Owner = { ...thisProcess(), nonce }
        const taken = attempt(place.location, 'lock', () => acquire(place, place.lock, owner, 0))
        // No await from here to the release: no other caller of this thread ever meets a lock that is held.
        if (taken === 'acquired') {
          vigils.clear()
          try {
            return section({ nonce, confirm: () => confirm(place, nonce) })
          } finally {
            release(place, nonce)
          }
        }
        // An owner who cannot be asked gets the time to show that it is gone.
        const unsure = taken !== null && fateOf(taken, thisProcess()) === 'unknown'
        if (waiting.look('the lock') >= maxWait + (unsure ? STANDSTILL : 0)) giveUp(place, taken)
        await pause(clock, step, signal)
      }
    },
  }
}
