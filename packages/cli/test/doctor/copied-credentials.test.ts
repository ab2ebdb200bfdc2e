import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/doctor/finding.ts'
import { createRig } from '../support/rig.ts'
import { createVirtualRig } from '../support/virtual-rig.ts'
import { diagnose } from './diagnosis.ts'

/** With something in its middle; at its ends, the sources drop what cannot be seen. */
const spoilt = (text: string, by: string): string => text.slice(0, 8) + by + text.slice(8)

/** A finding as a person reads it. */
const words = ({ title, cause, next }: Finding): string => [title, cause, ...next].join('\n')

describe('what is wrong with how credentials were copied', () => {
  it('is what was copied along with a credential', async () => {
    const { fake, env, run } = createVirtualRig()
    const secret = env['TASTY_CLIENT_SECRET'] ?? ''
    const token = env['TASTY_REFRESH_TOKEN'] ?? ''
    const quoted = await diagnose({ run }, ['--yes'], { env: { ...env, TASTY_REFRESH_TOKEN: `\u201C${token}\u201D` } })
    expect(words(quoted.of('refresh-token'))).toMatch(
      /The refresh token has quotation marks around it(?:.|\n)*Copy what stands between them/,
    )
    expect(quoted.code).toBe(4)
    const spaced = await diagnose({ run }, ['--yes'], {
      env: { ...env, TASTY_CLIENT_SECRET: spoilt(secret, '\u00A0') },
    })
    expect(words(spaced.of('credentials'))).toMatch(/The client secret has a no-break space in it/)
    expect(spaced.of('credentials').level).toBe('error')
    expect(spaced.of('login').title).toBe('No login was tried: the credentials are not whole.')
    const odd = await diagnose({ run }, ['--no-login'], { env: { ...env, TASTY_CLIENT_SECRET: `"${secret}"` } })
    expect(odd.of('credentials')).toMatchObject({ level: 'warning' })
    const straight = await diagnose({ run }, ['--yes'], { env: { ...env, TASTY_REFRESH_TOKEN: `"${token}"` } })
    expect(straight.report.findings.filter(({ check }) => check === 'refresh-token').map(({ level }) => level)).toEqual(
      ['warning', 'error'],
    )
    expect(JSON.stringify([quoted.report, spaced.report, odd.report])).not.toContain(secret)
    expect(fake.tokenRequests).toBe(0)
  })

  it('is a no-break space in a secret that the store or .env has', async () => {
    const rig = await createRig()
    const { clientSecret, refreshToken } = rig.fake.credentials
    const file = `TASTY_CLIENT_SECRET=${spoilt(clientSecret, '\u00A0')}\nTASTY_REFRESH_TOKEN=${refreshToken}\n`
    await writeFile(join(rig.folder, '.env'), file, { mode: 0o600 })
    expect(words((await diagnose(rig, [], { env: rig.env })).of('credentials'))).toMatch(
      /a no-break space in it(?:.|\n)*line of \.env/,
    )
    await writeFile(join(rig.folder, '.env'), '')
    await rig.logIn('default', { ...rig.fake.credentials, clientSecret: spoilt(clientSecret, '\u200B') })
    expect(words((await diagnose(rig, [], { env: rig.env })).of('credentials'))).toMatch(
      /cannot be seen(?:.|\n)*evergrant login/,
    )
  })

  it('is a name in .env that is nearly right', async () => {
    const rig = await createRig()
    const file = join(rig.folder, '.env')
    await writeFile(file, '\ntasty_client_secret=hidden-one\nTASTY_REFRESH_TOKEN: hidden-two\n')
    const none = await diagnose(rig, [], { env: rig.env })
    expect(none.of('credentials').next.slice(0, 2)).toEqual([
      'Line 2 of .env is nearly right: let it begin with TASTY_CLIENT_SECRET=',
      'Line 3 of .env is nearly right: let it begin with TASTY_REFRESH_TOKEN=',
    ])
    expect(JSON.stringify(none.report)).not.toContain('hidden')
    await writeFile(file, 'TASTY_CLIENT_SECRET=hidden-one\nTASTY_REFRESH_TOKN=hidden-two\n')
    const half = await diagnose(rig, [], { env: rig.env })
    expect(half.of('credentials').next[0]).toMatch(/^Line 2 of \.env .*TASTY_REFRESH_TOKEN=$/)
  })
})
