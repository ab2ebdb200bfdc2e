import { secret, type TokenResponse } from '@evergrant/core'
import * as z from 'zod/mini'
import { asText, member } from '../http/members.ts'

const quoteBody = z.object({
  data: z.object({ token: z.string().check(z.minLength(1)), 'dxlink-url': member, 'expires-at': member }),
})

/** Seconds that a quote token lives where the answer does not say it (docs/protocol.md#quote-tokens). */
const ONE_DAY = 86_400

/**
 * A bought quote token (docs/protocol.md#quote-tokens), with the address of its streamer; undefined without a usable
 * one.
 */
export function readQuoteBody(json: unknown): TokenResponse | undefined {
  const { success, data: body } = z.safeParse(quoteBody, json)
  if (!success) return undefined
  const { token, 'dxlink-url': address, 'expires-at': end } = body.data
  const expiresAt = Date.parse(asText(end) ?? '')
  const url = URL.parse(asText(address) ?? '')
  return {
    accessToken: secret(token),
    // It goes into a message of the streamer, and no header.
    tokenType: '',
    ...(Number.isNaN(expiresAt) ? { expiresIn: ONE_DAY } : { expiresAt }),
    ...(url?.protocol === 'wss:' ? { apiBaseUrl: url.href } : {}),
  }
}
