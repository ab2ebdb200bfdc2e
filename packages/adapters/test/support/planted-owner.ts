import { symlinkSync } from 'node:fs'
import { thisProcess, type Owner } from '../../src/file/owner.ts'

/** Somebody who had our parent's pid before it: a process of this host that is gone. */
export function deadOwner(nonce: string): Owner {
  return { ...thisProcess(), pid: process.ppid, started: 'before the pid was reused', nonce }
}

/** A process on another host, of which nobody here can tell whether it lives. */
export function strangeOwner(nonce: string): Owner {
  return { ...thisProcess(), host: 'elsewhere.example.test', pid: 4711, nonce }
}

/** Puts a lock there as if that owner had taken it. */
export function plantLock(path: string, owner: Owner): void {
  symlinkSync(JSON.stringify(owner), `${path}.lock`)
}
