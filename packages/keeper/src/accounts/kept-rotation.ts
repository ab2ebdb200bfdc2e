import { credentialsFingerprint, sealCredentials, secret, type TokenStore } from '@evergrant/core'
import { z } from 'zod'
import type { GivenCredentials } from './given-credentials.ts'

/**
 * Remembers, durably, what a rotating server has made of credentials that are being tried. If the process is killed before they
 * are in place, whoever posts the same again gets on with that, and not with what the server takes no more (P7).
 */
export interface KeptRotation {
  /** These credentials as they are now. */
  recall(credentials: GivenCredentials): Promise<GivenCredentials>
  /** Keeps what they have become. */
  keep(credentials: GivenCredentials, become: GivenCredentials): Promise<void>
  /** They are in place, or of no use. Never rejects: what stays is only of use to whoever posts the same. */
  forget(): Promise<void>
}

const keptSchema = z.object({ version: z.literal(1), given: z.string(), refreshToken: z.string() })

export function keptRotation(store: TokenStore, issuer: string, account: string): KeptRotation {
  const key = `keeper/trial/${account}`
  const markOf = (credentials: GivenCredentials) => credentialsFingerprint(issuer, sealCredentials(credentials))
  return {
    async recall(credentials) {
      const kept = keptSchema.safeParse((await store.read(key))?.value)
      if (!kept.success || kept.data.given !== markOf(credentials)) return credentials
      return { ...credentials, refreshToken: secret(kept.data.refreshToken) }
    },
    async keep(credentials, become) {
      await store.write(key, { version: 1, given: markOf(credentials), refreshToken: become.refreshToken.reveal() })
    },
    forget: () => store.delete(key).catch(() => undefined),
  }
}
