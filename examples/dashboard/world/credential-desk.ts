import { sealCredentials, type CredentialSource, type CredentialsInput } from '@evergrant/core'
import { Subject } from 'rxjs'

/** Where a person leaves credentials and bots find them, as the file or the environment of a real bot. */
export interface CredentialDesk {
  readonly source: CredentialSource
  put(credentials: CredentialsInput): void
}

export function createCredentialDesk(first: CredentialsInput): CredentialDesk {
  const changes = new Subject<void>()
  let present = sealCredentials(first)

  return {
    source: {
      name: 'credential desk',
      read: () => Promise.resolve(present),
      watch: () => changes.asObservable(),
    },
    put(credentials) {
      present = sealCredentials(credentials)
      changes.next()
    },
  }
}
