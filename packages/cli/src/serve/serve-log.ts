import { resolve } from 'node:path'
import { auditFile, type Audit, type AuditFile } from '@evergrant/keeper'
import type { Io } from '../io.ts'
import { CommandError } from '../output/command-error.ts'
import { writeJson } from '../output/write-json.ts'

/** What is told of a keeper at work. Dispose it last. */
export interface ServeLog extends Disposable {
  /** Missing where nobody wants to know of requests. */
  readonly audit: Audit | undefined
  listening(url: string): void
  draining(): void
  /** Ms since it began to drain. */
  stillDraining(ms: number): void
  ended(): void
}

export interface LogFlags {
  readonly json?: boolean
  readonly audit?: string
}

/** Lines for people on stdout; with `json` a line of JSON for each event and each request. Throws `unsupported`. */
export function openLog({ json = false, audit }: LogFlags, { stdout, clock, cwd }: Io): ServeLog {
  const file = audit === undefined ? null : openAudit(resolve(cwd, audit))
  const sinks: Audit[] = []
  if (file !== null) sinks.push(file.audit)
  if (json) sinks.push((entry) => writeJson(stdout, { event: 'request', ...entry }))

  function tell(event: string, text: string, facts: object = {}): void {
    if (json) writeJson(stdout, { event, at: new Date(clock.now()).toISOString(), ...facts })
    else stdout.write(text)
  }

  return {
    audit: sinks.length === 0 ? undefined : (entry) => sinks.forEach((sink) => sink(entry)),
    listening: (url) =>
      tell('listening', `A keeper listens at ${url}, with a page for people at ${url}/docs. Ctrl-C ends it.\n`, {
        url,
      }),
    draining: () =>
      tell('draining', 'It ends: what is under way is answered and saved first. Ctrl-C again ends it at once.\n'),
    stillDraining: (ms) => tell('draining', `  still at it after ${Math.round(ms / 1000)} s\n`, { ms }),
    ended: () => tell('ended', 'Everything is saved.\n'),
    [Symbol.dispose]: () => file?.[Symbol.dispose](),
  }
}

function openAudit(path: string): AuditFile {
  try {
    return auditFile(path)
  } catch (error) {
    const { code = 'Error' } = Object(error) as { readonly code?: string }
    throw new CommandError('unsupported', {
      message: `The audit log ${path} cannot be opened (${code})`,
      help: 'Name a file that this user may write, with --audit.',
    })
  }
}
