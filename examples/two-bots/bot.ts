// One of the two bots: a program like any other that trades. What it is told comes as one line on its input.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileStore } from '@evergrant/adapters/file'
import { createTastytrade } from '@evergrant/adapters/tastytrade'
import { isEvergrantError } from '@evergrant/core'
import type { BotOrder, BotWord } from './words.ts'

const say = (word: BotWord): void => console.log(JSON.stringify(word))

const input = createInterface({ input: process.stdin })
const [line] = (await once(input, 'line')) as [string]
const { baseUrl, credentials, file } = JSON.parse(line) as BotOrder

const { session, api } = createTastytrade({
  baseUrl,
  credentials,
  // Whoever needs a token first fetches it, and the other takes it from the file.
  store: fileStore(file),
  sharing: 'host',
})
/** How the token came that is shown next: an exchange tells before it, and what the other has saved comes without one. */
let outcome = 'adopted'
session.events$.subscribe((event) => {
  if (event.type === 'refresh-ended') outcome = event.outcome
})
session.token$.subscribe((token) => {
  if (token === null) return
  say({ said: 'has', outcome, generation: token.generation })
  outcome = 'adopted'
})

const stop = new AbortController()
input.once('close', () => stop.abort())
while (!stop.signal.aborted) {
  const failure = await api.get('customers/me').then(
    () => null,
    (error: unknown) => (isEvergrantError(error) ? error.code : String(error)),
  )
  say({ said: 'called', failure })
  await pause(100)
}
await session.dispose()
