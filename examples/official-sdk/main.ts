import { envCredentials } from '@evergrant/adapters/env'
import { createTastytrade } from '@evergrant/adapters/tastytrade'
import { driveTastytradeClient } from '@evergrant/adapters/tastytrade-api'
import { fakeTastytrade } from '@evergrant/testing'
import TastytradeClient from '@tastytrade/api'

/**
 * The official SDK, unchanged, with a session that keeps its token alive: balances of all accounts, before and after the server
 * has refused the token. With credentials in the environment or in `.env` these are your accounts at tastytrade, and nothing
 * is refused; without, those of an invented customer on this machine.
 */

interface HeldAccount {
  readonly account: { readonly 'account-number': string }
}

interface Balances {
  readonly 'net-liquidating-value': string
  readonly currency: string
}

const own = (await envCredentials().read()) !== null
const fake = own ? null : fakeTastytrade()
const server = (await fake?.listen()) ?? null
const { session } =
  fake === null || server === null
    ? createTastytrade({ credentials: envCredentials(), userAgent: 'official-sdk-example/1.0' })
    : // Half a second between token requests in place of five: nobody wants to wait for an example.
      createTastytrade({ baseUrl: server.url, credentials: fake.credentials, policy: { floor: 500 } })

// What the SDK would log in with is left empty: the session has it.
const client = new TastytradeClient({
  baseUrl: session.provider.apiBaseUrl,
  accountStreamerUrl: 'wss://streamer.tastyworks.com',
  clientSecret: '',
  refreshToken: '',
  oauthScopes: [],
})
const driven = driveTastytradeClient(client, session)

async function printBalances(): Promise<void> {
  const held = (await client.accountsAndCustomersService.getCustomerAccounts()) as readonly HeldAccount[]
  for (const { account } of held) {
    const number = account['account-number']
    const balances = (await client.balancesAndPositionsService.getAccountBalanceValues(number)) as Balances
    console.log(`  ${number}  ${Number(balances['net-liquidating-value']).toLocaleString('en')} ${balances.currency}`)
  }
}

console.log(own ? 'Your accounts at tastytrade' : 'The accounts of an invented customer')
await printBalances()
if (fake !== null) {
  fake.invalidateAccessTokens()
  console.log('The server has thrown away its tokens; the SDK alone would fail from here on.')
  await printBalances()
  console.log(`${fake.tokenRequests} token requests`)
}
driven[Symbol.dispose]()
await session.dispose()
await server?.close()
