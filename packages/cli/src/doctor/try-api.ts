import type { AccessToken } from '@evergrant/core'
import { USER_AGENT } from '../account/open-provider.ts'
import type { Io } from '../io.ts'
import { bounded } from './bounded.ts'
import { PROBE_LIMIT } from './probe-server.ts'

/** The least that a login gives access to. */
const PATH = '/customers/me'

/** What the API answered to the token; `null` if it did not. */
export interface ApiAnswer {
  readonly status: number
  /** Whether the API itself answered. */
  readonly json: boolean
}

/**
 * One request with a token in hand. Not by a session: that would answer a refusal with a login. Rejects with an interrupt
 * only.
 */
export async function tryApi(apiBaseUrl: string, token: AccessToken, io: Io): Promise<ApiAnswer | null> {
  const fetch = io.fetch ?? globalThis.fetch
  const headers = { accept: 'application/json', 'user-agent': USER_AGENT, authorization: token.authorization }
  try {
    const answer = await bounded(PROBE_LIMIT, io, async (signal) => {
      const response = await fetch(`${apiBaseUrl}${PATH}`, { headers, signal, redirect: 'manual', cache: 'no-store' })
      response.body?.cancel().catch(() => undefined)
      return response
    })
    if (answer.type === 'late') return null
    const { status, headers: told } = answer.value
    return { status, json: (told.get('content-type') ?? '').includes('json') }
  } catch {
    io.interrupts.signal.throwIfAborted()
    return null
  }
}
