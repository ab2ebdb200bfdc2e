import { envCredentials } from '@evergrant/adapters/env'
import { createTastytrade, type TastytradeEnvironment } from '@evergrant/adapters/tastytrade'
import { fakeTastytrade } from '@evergrant/testing'
import type { Api } from './print-accounts.ts'

/** Something to ask, and its name for people. */
export interface Connection extends AsyncDisposable {
  readonly name: string
  readonly api: Api
}

/** Your own accounts, with the credentials of the environment and `.env`; `null` if there are none. */
export async function connectOwn(environment: TastytradeEnvironment): Promise<Connection | null> {
  const credentials = envCredentials()
  if ((await credentials.read()) === null) return null
  const client = createTastytrade({ environment, credentials, userAgent: 'accounts-example/1.0' })
  return { ...client, name: `tastytrade, ${environment}` }
}

/** A fake tastytrade on loopback, with an invented customer. */
export async function connectFake(): Promise<Connection> {
  const fake = fakeTastytrade()
  const listener = await fake.listen()
  const client = createTastytrade({ baseUrl: listener.url, credentials: fake.credentials })
  return {
    api: client.api,
    name: 'a fake tastytrade on this machine',
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await listener.close()
    },
  }
}
