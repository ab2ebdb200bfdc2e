import { createTastytrade } from '@evergrant/adapters/tastytrade'
import { fakeTastytrade } from '@evergrant/testing'

interface Answer<Data> {
  readonly data: Data
}

interface HeldAccount {
  readonly account: { readonly 'account-number': string }
}

interface Balances {
  readonly 'net-liquidating-value': string
  readonly currency: string
}

/** What the page shows, and what its buttons do to the world. */
export function connect() {
  // In place of a server of your own, which a page with a client secret would need; a browser names itself.
  const fake = fakeTastytrade({ userAgentRequired: false })
  const { session, api } = createTastytrade({ fetch: fake.fetch, credentials: fake.credentials, eager: true })
  return {
    session,
    async loadBalance(): Promise<string> {
      const { data: held } = await api.get('customers/me/accounts').json<Answer<{ items: readonly HeldAccount[] }>>()
      const number = held.items[0]?.account['account-number'] ?? ''
      const { data } = await api.get(`accounts/${number}/balances`).json<Answer<Balances>>()
      return `${number}: ${data['net-liquidating-value']} ${data.currency}`
    },
    revoke: () => {
      fake.revokeGrant(undefined, { accessTokens: true })
    },
    logIn: () => session.setCredentials({ refreshToken: fake.createGrant().refreshToken }),
  }
}
