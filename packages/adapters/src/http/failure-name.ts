const SYSTEM_CODE = /^[A-Z][A-Z0-9_]{1,60}$/
// fetch wraps the socket's error, ky wraps that of fetch; nothing goes deeper.
const DEEPEST_CAUSE = 5

function* causes(error: unknown): Generator<Error> {
  let cause = error
  for (let depth = 0; depth < DEEPEST_CAUSE && cause instanceof Error; depth++) {
    yield cause
    cause = cause.cause
  }
}

/** The code of the system call or TLS check behind a thrown thing, such as `ECONNRESET`, if there is one. */
export function systemCode(error: unknown): string | undefined {
  for (const cause of causes(error)) {
    const { code } = cause as { code?: unknown }
    if (typeof code === 'string' && SYSTEM_CODE.test(code)) return code
  }
  return undefined
}

/**
 * What a thrown thing may be called in a message: its system code, or else the class of its root. Its own message is
 * not used: it may quote what was sent.
 */
export function failureName(error: unknown): string {
  return systemCode(error) ?? Array.from(causes(error)).at(-1)?.name ?? 'Error'
}
