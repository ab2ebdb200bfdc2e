/** What the program that runs a keeper did wrong with it; what goes wrong with a request is told as a problem (RFC 9457) instead. */
export type KeeperErrorCode = 'keeper-insecure' | 'keeper-cannot-listen' | 'keeper-disposed' | 'key-not-found'

/** A failure of the keeper itself. `code` tells which, `help` what to do next. No secret is in any of its properties. */
export class KeeperError extends Error {
  override readonly name = 'KeeperError'
  readonly code: KeeperErrorCode
  readonly help: string

  constructor(code: KeeperErrorCode, { message, help }: { readonly message: string; readonly help: string }) {
    super(message)
    this.code = code
    this.help = help
  }
}
