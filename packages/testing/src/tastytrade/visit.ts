import type { MetFault } from './fault-script.ts'
import type { LogLine, RequestKind } from './request-log.ts'
import type { TokenForm } from './token-form.ts'

/** A request as it comes in through either door, its body already read. */
export interface Arrival {
  readonly request: Request
  readonly body: string | null
  /** Aborts when the client leaves. */
  readonly gone: AbortSignal
}

/** One request on its way through the fake. */
export interface Visit extends Arrival {
  readonly url: URL
  readonly kind: RequestKind
  /** What a token request says; `null` for other requests, and if it cannot be read. */
  readonly form: TokenForm | null
  readonly line: LogLine
  readonly met: MetFault | null
}
