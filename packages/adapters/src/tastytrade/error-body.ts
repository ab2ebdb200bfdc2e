import * as z from 'zod/mini'

/** What an error body says, in whichever of its shapes. */
export interface ToldError {
  readonly code: string | undefined
  readonly description: string | undefined
}

const code = z.catch(
  z.optional(z.union([z.string().check(z.minLength(1)), z.pipe(z.number(), z.transform(String))])),
  undefined,
)
const text = z.catch(z.optional(z.string().check(z.minLength(1))), undefined)

// PROTOCOL.md parts 3a and 3b; `error` alone is also RFC 6749 section 5.2.
const errorBody = z.object({
  error_code: code,
  error_description: text,
  error: z.catch(z.optional(z.union([z.string(), z.object({ code, message: text })])), undefined),
})

/** Undefined for what is no error of OAuth or of the API, such as the page of a proxy. */
export function readErrorBody(json: unknown): ToldError | undefined {
  const { success, data } = z.safeParse(errorBody, json)
  if (!success) return undefined
  const nested = typeof data.error === 'object' ? data.error : undefined
  const plain = typeof data.error === 'string' && data.error !== '' ? data.error : undefined
  const told: ToldError = {
    code: data.error_code ?? plain ?? nested?.code,
    description: data.error_description ?? nested?.message,
  }
  return told.code === undefined && told.description === undefined ? undefined : told
}
