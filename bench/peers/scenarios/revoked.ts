import { type Scenario } from './scenario.ts'

const CALLS = 200
const AFTER_RESTART = 20

export const revoked: Scenario = {
  name: 'revoked',
  title: 'A revoked grant',
  about:
    'The grant is revoked and the token has died: 200 requests, one after the other. Then the program is started anew, and sends 20 more. One token request finds it out, and the restart needs none.',
  columns: [
    { of: 'tokenRequests', heading: 'token requests', ideal: 1 },
    { of: 'afterRestart', heading: 'after a restart', ideal: 0 },
    { of: 'failed', heading: 'failed requests' },
    { of: 'error', heading: 'what the caller sees' },
  ],
  rounds: 1,
  atOnce: 2,
  async run({ rig, open }) {
    const file = 'grant'
    const client = await open({ file })
    await rig.behave({ grant: 'revoked' })
    let failed = 0
    let error = ''
    for (let call = 0; call < CALLS; call += 1) {
      try {
        const status = await client.request()
        if (status !== 200) throw new Error(`resolves with ${status}`)
      } catch (caught) {
        failed += 1
        error = described(caught)
      }
    }
    const { tokenRequests } = await rig.seen()
    await client.end?.()
    await rig.behave({})
    const restarted = await open({ file })
    for (let call = 0; call < AFTER_RESTART; call += 1) await restarted.request().catch(() => undefined)
    const { tokenRequests: afterRestart } = await rig.seen()
    return { tokenRequests, afterRestart, failed, error }
  },
}

function described(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { code } = error as { code?: unknown }
  const name = typeof code === 'string' ? `${error.name}[${code}]` : error.name
  return `${name}: ${error.message
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/http:\S+/g, 'URL')
    .slice(0, 60)}`
}
