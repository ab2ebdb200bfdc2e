import type { Observable } from 'rxjs'
import { fingerprint, secret, type Secret } from './secret.ts'

/** What a provider spends, sealed. */
export interface Credentials {
  readonly clientId?: string
  readonly clientSecret?: Secret
  readonly refreshToken?: Secret
}

/** {@link Credentials} as people write them: plain texts are sealed at once. */
export interface CredentialsInput {
  readonly clientId?: string | undefined
  readonly clientSecret?: string | Secret | undefined
  readonly refreshToken?: string | Secret | undefined
}

/**
 * Where credentials come from: an environment, a file, a vault. `read` gives `null` if this source has none, so that a
 * list of sources can be tried in turn. A source with `watch` lets a running session recover when it changes.
 */
export interface CredentialSource {
  /** Names the source in messages, e.g. `environment`. */
  readonly name: string
  /** What it looks for, and where, in words for whoever has no credentials: names of variables and files, no values. */
  readonly sought?: string
  read(): Promise<Credentials | null>
  /** Emits after each change. Never errors. */
  watch?(): Observable<unknown>
}

// Copied along from a page, and part of no credential (RFC 6749 appendix A).
const UNSEEN_AROUND = /^[\p{Cf}\xa0]+|[\p{Cf}\xa0]+$/gu

/** Without no-break spaces and zero-width characters at its ends; plain white space stays. */
export function withoutUnseen<T>(value: T | string): T | string {
  return typeof value === 'string' ? value.replace(UNSEEN_AROUND, '') : value
}

/** Seals the texts, without what cannot be seen at their ends; empty ones count as missing. */
export function sealCredentials(input: CredentialsInput): Credentials {
  const clientId = withoutUnseen(input.clientId)
  const clientSecret = withoutUnseen(input.clientSecret)
  const refreshToken = withoutUnseen(input.refreshToken)
  return {
    ...(clientId ? { clientId } : {}),
    ...(clientSecret ? { clientSecret: secret(clientSecret) } : {}),
    ...(refreshToken ? { refreshToken: secret(refreshToken) } : {}),
  }
}

/**
 * Lays newer credentials over older ones, field by field. Those of another client are left out whole: its secret would go
 * out under the wrong name.
 */
export function layOver<T extends { readonly clientId?: string | undefined }>(older: T | null, newer: T): T {
  const known = older?.clientId
  const another = known !== undefined && newer.clientId !== undefined && newer.clientId !== known
  return another ? newer : { ...older, ...newer }
}

/** One mark for a whole credential at one issuer; what is known dead is known by it (P2). */
export function credentialsFingerprint(issuer: string, credentials: Credentials): string {
  return fingerprint(issuer, credentials.clientId, credentials.clientSecret, credentials.refreshToken)
}
