import * as z from 'zod/mini'
import { asCode, asText, member } from './members.ts'

/** What an error body says, in whichever of its shapes. */
export interface ToldError {
  readonly code: string | undefined
  readonly description: string | undefined
}

// docs/protocol.md#token-errors and #api-errors; `error` as a text is also RFC 6749 section 5.2.
const errorBody = z.object({ error_code: member, error_description: member, error: member })
const nestedError = z.object({ code: member, message: member })

/** Undefined for what is no error of OAuth or of the API, such as the page of a proxy. */
export function readErrorBody(json: unknown): ToldError | undefined {
  const { success, data } = z.safeParse(errorBody, json)
  if (!success) return undefined
  const nested = z.safeParse(nestedError, data.error).data
  const told: ToldError = {
    code: asCode(data.error_code) ?? asText(data.error) ?? asCode(nested?.code),
    description: asText(data.error_description) ?? asText(nested?.message),
  }
  return told.code === undefined && told.description === undefined ? undefined : told
}
