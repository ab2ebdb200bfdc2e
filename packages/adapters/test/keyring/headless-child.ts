// Uses the keychain of a machine that has none, in an empty folder. Says what each call came to, as JSON.
import { isEvergrantError } from '@evergrant/core'
import { keyringStore } from '../../src/keyring.ts'

const CANARY = process.argv[2] ?? ''
const store = keyringStore({ service: 'evergrant-headless' })
const calls = {
  read: () => store.read('grant/default'),
  write: () => store.write('grant/default', { secret: CANARY }),
  delete: () => store.delete('grant/default'),
}
const outcomes: Record<string, unknown> = {}
for (const [name, call] of Object.entries(calls)) {
  outcomes[name] = await call().then(
    () => 'done',
    (error: unknown) => (isEvergrantError(error) ? error.toJSON() : String(error)),
  )
}
console.log(JSON.stringify(outcomes))
