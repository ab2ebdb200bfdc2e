import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRig } from '../support/rig.ts'
import { createVirtualRig } from '../support/virtual-rig.ts'
import { diagnose, diagnosisOf } from './diagnosis.ts'

describe('the one login', () => {
  it('is not spent without being asked for', async () => {
    const { fake, run } = createVirtualRig()
    const silent = await diagnose({ run }, [])
    expect(silent.of('login')).toMatchObject({ level: 'note', facts: { tried: false, why: 'unasked' } })
    expect(silent.of('login').next).toEqual(['To let it try one: evergrant doctor --yes'])
    expect((await diagnose({ run }, ['--no-login'])).of('login').facts).toEqual({ tried: false, why: 'declined' })
    expect((await diagnose({ run }, ['--no-login', '--yes'])).of('login').facts).toEqual({
      tried: false,
      why: 'declined',
    })
    // Whoever reads JSON answers no questions.
    expect((await diagnose({ run }, [], { tty: true })).of('login').facts).toEqual({ tried: false, why: 'unasked' })
    expect(fake.tokenRequests).toBe(0)
  })

  it('is announced with its price before it is spent', async () => {
    const rig = createVirtualRig()
    const running = rig.start(['doctor', '--yes'])
    let before = ''
    rig.fake.onRequest(({ kind }) => {
      if (kind === 'token') before = running.err()
    })
    const { code, out, err } = await running.ended
    expect(before).toBe(
      'This spends one login: one token request to https://api.tastyworks.com. ' +
        'If it fails, 2 of 3 failed logins are left within 10 min.\n',
    )
    expect(err).toBe(before)
    expect(out).toContain('ok       The server takes the credentials. The token is in the store, and expires')
    expect(out).toMatch(/\nAll is well\. One login was spent\.\n$/)
    expect(code).toBe(0)
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('is asked for at a terminal, and spent if the person says so', async () => {
    const rig = await createRig()
    const doctor = rig.start(['doctor'], { tty: true })
    await expect.poll(doctor.err, { timeout: 20_000 }).toContain('Try to log in now?')
    expect(doctor.err()).toContain('This spends one login')
    expect(rig.fake.tokenRequests).toBe(0)
    doctor.type('\r')
    expect((await doctor.ended).out).toContain('One login was spent.')
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('is left alone by a person who does not want it, and by Ctrl-C', async () => {
    const rig = await createRig()
    const declined = rig.start(['doctor'], { tty: true })
    await expect.poll(declined.err, { timeout: 20_000 }).toContain('Try to log in now?')
    declined.type('\u001B[B\r')
    const { code, out } = await declined.ended
    expect(out).toContain('To try one: evergrant doctor --yes')
    expect(code).toBe(0)
    const interrupted = rig.start(['doctor'], { tty: true })
    await expect.poll(interrupted.err, { timeout: 20_000 }).toContain('Try to log in now?')
    interrupted.interrupt()
    expect((await interrupted.ended).code).toBe(130)
    expect(rig.fake.tokenRequests).toBe(0)
  })

  it('leaves its token to bots on the same store, and needs none where they have one', async () => {
    const rig = createVirtualRig()
    const { report } = await diagnose(rig, ['--yes'])
    expect(report.logins).toBe(1)
    await using session = rig.bot()
    const token = await rig.clock.during(session.getToken())
    expect(token.generation).toBe(1)
    const again = await diagnose(rig, ['--yes'])
    expect(again.of('login')).toMatchObject({ level: 'ok', facts: { why: 'unneeded' } })
    expect(again.report.logins).toBe(0)
    expect(again.of('last-success')).toMatchObject({ level: 'ok', facts: { generation: 1, usable: true } })
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('does not put the credentials of the environment into the store', async () => {
    const rig = createVirtualRig()
    await diagnose(rig, ['--yes'])
    const stored = await readFile(join(rig.folder, '.secrets'), 'utf8')
    expect(stored).toContain('"generation": 1')
    expect(stored).not.toContain(rig.fake.credentials.clientSecret)
    expect(stored).not.toContain(rig.fake.credentials.refreshToken)
  })

  it.each(['server-error', 'too-many-requests', 'connection-reset', 'garbage', 'transient-invalid-request'] as const)(
    'is one request, also where a session would try again: %s',
    async (fault) => {
      const rig = createVirtualRig()
      rig.fake.fail(fault, { times: Number.POSITIVE_INFINITY })
      const { of, report } = await diagnose(rig, ['--yes'])
      expect(of('login')).toMatchObject({ level: 'error', ending: 'try-later', facts: { tried: true, logins: 1 } })
      expect(report.logins).toBe(1)
      await rig.clock.advance(3_600_000)
      expect(rig.fake.tokenRequests).toBe(1)
      expect(rig.clock.pending).toBe(0)
    },
  )

  it('holds up a bot after a failure no longer than its own would', async () => {
    const rig = createVirtualRig()
    rig.fake.fail('server-error')
    await diagnose(rig, ['--yes'])
    const again = await diagnose(rig, ['--yes'])
    expect(again.of('login').title).toMatch(/nothing is sent before .* \(in [01] s\)/)
    await rig.clock.advance(1_000)
    expect((await diagnose(rig, ['--yes'])).code).toBe(0)
    expect(rig.fake.tokenRequests).toBe(2)
  })

  it('ends in time where the server stops to answer', async () => {
    const rig = createVirtualRig()
    rig.fake.fail('never-answers')
    const before = rig.clock.monotonic()
    const { of } = await diagnose(rig, ['--yes'])
    expect(of('login').title).toBe('tastytrade did not answer in time.')
    expect(of('login').next.join()).toContain('wait 8 hours')
    expect(rig.clock.monotonic() - before).toBe(15_000)
    expect(rig.fake.tokenRequests).toBe(1)
    expect(rig.fake.openRequests).toBe(0)
    expect(rig.clock.pending).toBe(0)
  })

  it('is not made beside another that is under way', async () => {
    const rig = createVirtualRig()
    // The bot asks, and holds the lease until it is answered.
    rig.fake.fail('slow', { delay: 5_000 })
    await using session = rig.bot()
    const asked = session.getToken()
    await rig.clock.settleUntil(() => rig.fake.tokenRequests === 1)
    const running = rig.start(['doctor', '--yes', '--json'])
    let over = false
    void running.ended.then(() => (over = true))
    // Up to here it has read files; from here on it waits for the bot.
    await rig.clock.settleUntil(() => running.err().includes('This spends one login'))
    await rig.clock.advanceUntil(() => over)
    await asked
    const { report, of } = diagnosisOf(await running.ended)
    expect(of('login')).toMatchObject({ level: 'ok', facts: { tried: true, logins: 0, generation: 1 } })
    expect(of('processes')).toMatchObject({ level: 'note', facts: { key: 'grant/default', pid: process.pid } })
    expect(report.logins).toBe(0)
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('is put off while the logins under way could spend the whole budget', async () => {
    const rig = createVirtualRig()
    rig.fake.fail('slow', { times: 3 })
    const bots = ['a', 'b', 'c'].map((account) => rig.bot(account))
    const asked = bots.map((one) => one.getToken())
    await rig.clock.settleUntil(() => rig.fake.tokenRequests === 3)
    const running = rig.start(['doctor', '--yes', '--json'])
    let over = false
    void running.ended.then(() => (over = true))
    await rig.clock.settleUntil(() => over)
    const { of, report, code } = diagnosisOf(await running.ended)
    expect(of('login')).toMatchObject({ level: 'note', facts: { tried: false, why: 'put-off' } })
    expect(of('login').next).toEqual(['Run the doctor again in a minute.'])
    expect({ code, logins: report.logins }).toEqual({ code: 0, logins: 0 })
    expect(rig.fake.tokenRequests).toBe(3)
    await rig.clock.advance(5_000)
    await Promise.all(asked)
    await Promise.all(bots.map((one) => one.dispose()))
  })
})
