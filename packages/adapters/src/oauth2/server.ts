import type { DpopHandle } from './dpop.ts'
import type { MetadataSource } from './metadata.ts'
import type { ServerClock } from './server-clock.ts'
import type { OAuth2Settings } from './settings.ts'

/** An authorization server as a client knows it. */
export interface Server {
  readonly settings: OAuth2Settings
  readonly metadata: MetadataSource
  readonly time: ServerClock
  /** Where tokens are bound to a key. */
  readonly dpop: DpopHandle | undefined
}
