import { isEvergrantError } from '@evergrant/core'

/** What came of a call. */
export interface Outcome {
  /** `ok`, or an error code. */
  readonly code: string
  readonly message: string
  readonly help: string
}

export async function outcomeOf(call: () => Promise<unknown>): Promise<Outcome & { readonly error: unknown }> {
  try {
    await call()
    return { code: 'ok', message: '', help: '', error: null }
  } catch (error) {
    if (!isEvergrantError(error)) return { code: String(error), message: '', help: '', error }
    const { code, message, help } = error
    return { code, message, help, error }
  }
}
