import { bearerFetch } from '@evergrant/adapters/fetch'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { createSession } from '@evergrant/core'
import { fakeTastytrade } from '@evergrant/testing'

/** A session, a token, a call, a refusal, a new token. Gives what came of it in one line; throws if it is not as it should be. */
export async function walk(more = {}) {
  // A browser names itself, and a page cannot say it for the fake to hear.
  const fake = fakeTastytrade({ userAgentRequired: false })
  const session = createSession({
    provider: tastytrade({ fetch: fake.fetch }),
    credentials: fake.credentials,
    policy: { floor: 0 },
    ...more,
  })
  const states = []
  session.status$.subscribe(({ state }) => states.push(state))
  const send = bearerFetch(session, { fetch: fake.fetch })
  const url = `${session.provider.apiBaseUrl}/customers/me`
  const first = await send(url)
  fake.invalidateAccessTokens()
  const second = await send(url)
  const { generation } = session.getSnapshot()
  await session.dispose()
  const said = `${first.status} ${second.status} generation ${generation}, ${fake.tokenRequests} token requests, ${states.length} states`
  if (first.status !== 200 || second.status !== 200 || generation !== 2 || fake.tokenRequests !== 2)
    throw new Error(said)
  return said
}
