import { closeSync, fchmodSync, openSync, writeSync } from 'node:fs'
import type { Audit } from './audit-entry.ts'

/** An audit log in a file. Dispose it last. */
export interface AuditFile extends Disposable {
  readonly audit: Audit
}

const OWNER_ONLY = 0o600

/**
 * One line of JSON for each request, added to the end of a file that only its owner can read. Lines of one turn of the event
 * loop are written together; after a crash of the process the last of them may be missing. Throws what `fs` throws if the
 * file cannot be opened. Move it away and restart the keeper to begin a new one.
 */
export function auditFile(path: string): AuditFile {
  const file = openSync(path, 'a', OWNER_ONLY)
  // The mode above counts for a new file only.
  fchmodSync(file, OWNER_ONLY)
  let lines: string[] = []
  let scheduled: NodeJS.Immediate | null = null
  let failure: unknown = null

  function flush(): void {
    scheduled = null
    const bytes = Buffer.from(lines.join(''))
    lines = []
    for (let at = 0; at < bytes.byteLength;) at += writeSync(file, bytes, at)
  }

  function flushLater(): void {
    try {
      flush()
    } catch (error) {
      // Nobody is there to be told but whoever adds the next line.
      failure = error
    }
  }

  return {
    audit(entry) {
      lines.push(`${JSON.stringify(entry)}\n`)
      scheduled ??= setImmediate(flushLater)
      const failed = failure
      failure = null
      if (failed !== null) throw failed
    },
    [Symbol.dispose]() {
      if (scheduled !== null) clearImmediate(scheduled)
      flush()
      closeSync(file)
    },
  }
}
