import type { Io } from '../io.ts'
import type { Prompts } from '../terminal/prompts.ts'
import type { Finding } from './finding.ts'

/** What the doctor works with. */
export interface DoctorPorts {
  readonly io: Io
  /** `null` where there is nobody to ask. */
  readonly prompts: Prompts | null
  readonly system: SystemFacts
  readonly progress: Progress
}

/** What this program runs on. */
export interface SystemFacts {
  /** E.g. `24.3.0`. */
  readonly node: string
  readonly platform: NodeJS.Platform
  /** Of each package of evergrant, by its name; `unknown` where that cannot be read. */
  readonly packages: Readonly<Record<string, string>>
  /** Whether this user may write in a folder. */
  readonly canWrite: (folder: string) => Promise<boolean>
}

/** Shows how far the doctor is. */
export interface Progress {
  /** Something that may take a while begins. */
  begin(what: string): void
  found(findings: readonly Finding[]): void
  /** Says something that a person is to know before it happens. */
  say(text: string): void
}
