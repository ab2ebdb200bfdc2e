import { inspect } from 'node:util'
import type { PeerClient } from '../clients/client.ts'
import type { Rig } from '../rig/rig.ts'
import type { Scenario } from './scenario.ts'

const SECRET = 'invented-client-secret-of-the-bench'

export const secrets: Scenario = {
  name: 'secrets',
  title: 'What a log would show',
  about:
    'The client and its errors, as console.log and JSON.stringify show them: S is the client secret, R the refresh token. Then the program has nothing more to do: does it end?',
  columns: [
    { of: 'client', heading: 'the client' },
    { of: 'revoked', heading: 'error: grant revoked' },
    { of: 'dropped', heading: 'error: connection dropped' },
    { of: 'idle', heading: 'keeps the process alive' },
  ],
  rounds: 1,
  atOnce: 4,
  watchesEnd: true,
  async run({ rig, open }) {
    const client = await open({ clientSecret: SECRET })
    await client.token()
    const shown = leaks(client.held, rig)
    const revoked = await errorOf(open({ clientSecret: SECRET }), () => rig.behave({ grant: 'revoked' }))
    const dropped = await errorOf(open({ clientSecret: SECRET }), () => rig.behave({ grant: 'good', always: 'drop' }))
    return { client: shown, revoked: leaks(revoked, rig), dropped: leaks(dropped, rig) }
  },
}

async function errorOf(opening: Promise<PeerClient>, trouble: () => Promise<void>): Promise<unknown> {
  const client = await opening
  await trouble()
  const caught = await client.token().then(
    () => null,
    (error: unknown) => error,
  )
  await client.end?.()
  return caught
}

function leaks(value: unknown, { refreshToken }: Rig): string {
  const texts = [inspect(value, { depth: 10 }), json(value)]
  const seen = (secret: string) => texts.some((text) => text.includes(secret))
  return `${seen(SECRET) ? 'S' : ''}${seen(refreshToken) ? 'R' : ''}` || '-'
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}
