import { symlinkSync } from 'node:fs'
import { thisProcess, type Owner } from '../../src/file/owner.ts'

/** A process of this host that is gone. Its pid is beyond any that Linux or macOS gives out. */
export function deadOwner(nonce: string): Owner {
  return { ...thisProcess(), pid: 2 ** 22 + 1, nonce }
}

/** One that is gone, and whose pid our parent has by now. Only Linux tells them apart. */
export function formerOwner(nonce: string): Owner {
  return { ...thisProcess(), pid: process.ppid, started: 'before', nonce }
}

/** A process on another host, of which nobody here can tell whether it lives. */
export function strangeOwner(nonce: string): Owner {
  return { ...thisProcess(), host: 'elsewhere.example.test', pid: 4711, nonce }
}

/** Puts a lock there as if that owner had taken it. */
export function plantLock(path: string, owner: Owner): void {
  symlinkSync(JSON.stringify(owner), `${path}.lock`)
}
