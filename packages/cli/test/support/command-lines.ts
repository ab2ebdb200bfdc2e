import { readdirSync, readFileSync } from 'node:fs'

/** Every command line on this machine that can be read. Linux only. */
export function commandLines(): string {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return ''
      }
    })
    .join('\n')
}
