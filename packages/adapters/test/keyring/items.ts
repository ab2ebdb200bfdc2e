import { findCredentialsAsync, type Credential } from '@napi-rs/keyring'
import { openKeychain } from '../../src/keyring/keychain.ts'

/**
 * All items of a service. GNOME Keyring (42 to 50) may abort when a program connects
 * (https://gitlab.gnome.org/GNOME/gnome-keyring/-/work_items/196): once in some ten thousand times, seen here. The bus
 * then starts another, so it is asked once more.
 */
export async function itemsOf(service: string): Promise<readonly Credential[]> {
  try {
    return await findCredentialsAsync(service)
  } catch (error) {
    if (!String(error).includes('DBus.Error.NoReply')) throw error
    return await findCredentialsAsync(service)
  }
}

export async function removeItems(service: string): Promise<void> {
  const keychain = openKeychain(service)
  for (const { account } of await itemsOf(service)) await keychain.remove(account)
}
