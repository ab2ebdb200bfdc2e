import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expectNoCanary, plantCanaries } from '@evergrant/testing'
import { expect, it } from 'vitest'
import { createVirtualRig } from '../support/virtual-rig.ts'

const FAULTS = [
  null,
  'echo-secrets',
  'grant-revoked',
  'client-secret-mismatch',
  'server-error',
  'redirect',
  'garbage',
  'connection-reset',
  'never-answers',
  'edge-html',
] as const

it.each(FAULTS)('no secret is shown, whatever the server does: %s', async (fault) => {
  for (const tail of [['--json'], ['--debug']]) {
    const { fake, env, folder, run } = createVirtualRig()
    const canaries = plantCanaries()
    canaries.note('client secret', fake.credentials.clientSecret)
    canaries.note('refresh token', fake.credentials.refreshToken)
    if (fault !== null) fake.fail(fault)
    const flags = [
      '--yes',
      '--need',
      'trade',
      '--redirect-uri',
      'http://localhost:8000',
      '--client-id',
      fake.grant.clientId,
    ]
    const proxy = canaries.plant('password of a proxy')
    const outcome = await run(['doctor', ...flags, ...tail], {
      env: { ...env, HTTPS_PROXY: `http://me:${proxy}@proxy:1` },
    })
    expect(outcome.out).not.toBe('')
    expectNoCanary(outcome, canaries)
    expect(fake.tokenRequests).toBe(1)
    // What is known, and what lies in a file that cannot be read.
    expectNoCanary(await run(['doctor', ...flags, ...tail]), canaries)
    await writeFile(
      join(folder, '.secrets'),
      `{"format":"evergrant","version":1,"entries":{"${fake.credentials.refreshToken}`,
    )
    expectNoCanary(await run(['doctor', ...flags, ...tail]), canaries)
    const access = fake.mintAccessToken()
    canaries.note('access token', access)
    await writeFile(join(folder, '.env'), `TT_SECRET=${fake.credentials.clientSecret}\nTT_REFRESH=${access}\n`)
    const misplaced = await run(['doctor', ...flags, ...tail, '--store', 'other'], { env: {} })
    expect(misplaced.out).toContain('is an access token')
    expectNoCanary(misplaced, canaries)
  }
})

it('no access token is shown, fresh or from the store', async () => {
  const { fake, run } = createVirtualRig()
  const canaries = plantCanaries()
  const shown = [await run(['doctor', '--yes']), await run(['doctor', '--json']), await run(['doctor', '--debug'])]
  canaries.note('access token', (await run(['token'])).out.trim())
  expect(fake.tokenRequests).toBe(1)
  expectNoCanary(shown, canaries)
})
