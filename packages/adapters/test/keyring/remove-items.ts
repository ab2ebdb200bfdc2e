import { AsyncEntry, findCredentialsAsync } from '@napi-rs/keyring'

/** Takes away all items of a service. */
export async function removeItems(service: string): Promise<void> {
  for (const { account } of await findCredentialsAsync(service)) {
    await new AsyncEntry(service, account, { linux: { store: 'secret-service' } }).deleteCredential()
  }
}
