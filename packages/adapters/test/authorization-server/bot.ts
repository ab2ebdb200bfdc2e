import { fileStore } from '@evergrant/adapters/file'
import { createSession } from '@evergrant/core'
import { oauthProvider } from './oauth-provider.ts'
import { discover } from './server.ts'

// A bot in a process of its own: takes the token that another has left in the file, fetches the next, and ends.
const [issuer = '', file = ''] = process.argv.slice(2)
await using session = createSession({
  provider: oauthProvider(await discover(issuer)),
  store: fileStore(file),
  sharing: 'host',
  policy: { floor: 0 }, // the second token follows the first at once
})
const adopted = await session.getToken()
const refreshed = await session.refresh()
process.send?.({ adopted: adopted.generation, refreshed: refreshed.generation })
process.disconnect()
