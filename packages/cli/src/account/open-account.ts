import { resolve } from 'node:path'
import { envCredentials } from '@evergrant/adapters/env'
import type { Io } from '../io.ts'
import { accountIn, type Account } from './account.ts'
import type { AccountChoice } from './choice.ts'
import { openProvider } from './open-provider.ts'
import { openStore } from './open-store.ts'

/** Throws `invalid-options` for a base URL that cannot be used, and what the store says. */
export async function openAccount(choice: AccountChoice, io: Io): Promise<Account> {
  const { env, cwd, clock } = io
  const provider = openProvider(choice, io)
  const store = await openStore(choice, io)
  const environment = envCredentials({ environment: env, file: resolve(cwd, '.env'), clock })
  return accountIn({ provider, store, name: choice.account, environment, clock })
}
