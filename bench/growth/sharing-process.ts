// One of several processes that share a grant in a file: asks for its token again and again. Told by one line on its input.
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileStore } from '@evergrant/adapters/file'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { createSession } from '@evergrant/core'

interface Input {
  readonly url: string
  readonly refreshToken: string
  readonly file: string
  readonly duration: number
}

const { url, refreshToken, file, duration } = JSON.parse(await text(process.stdin)) as Input
await using session = createSession({
  provider: tastytrade({ baseUrl: url }),
  credentials: { clientSecret: 'invented-client-secret', refreshToken },
  store: fileStore(file),
  sharing: 'host',
})
let calls = 0
let served = 0
let longest = 0
const end = performance.now() + duration
while (performance.now() < end) {
  const begun = performance.now()
  calls += 1
  await session.getToken().then(
    () => (served += 1),
    () => undefined,
  )
  // The first waits for the login, and it is not what is asked here.
  if (calls > 1) longest = Math.max(longest, performance.now() - begun)
  await sleep(20)
}
console.log(JSON.stringify({ calls, served, longest }))
