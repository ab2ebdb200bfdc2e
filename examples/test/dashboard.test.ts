import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describePage } from './support/describe-page.ts'
import { startExample } from './support/example-process.ts'
import { startLabRig, type LabPage, type LabRig } from './support/lab-page.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

let rig: LabRig

beforeAll(async () => {
  rig = await startLabRig()
}, 120_000)

afterAll(() => rig?.[Symbol.asyncDispose]())

const TOKENS = 'Token requests'
const FAILURES = 'Failures they saw'
const BUDGET = 'Failed logins left'

/** A lab with a token that is a minute old. */
async function labWithToken(): Promise<LabPage> {
  const lab = await rig.open()
  await lab.leap('1 min')
  expect(await lab.told()).toContain('Bot A is valid')
  return lab
}

describe('each switch of the lab', () => {
  it('P2 P3 revokes the grant: one refusal, and silence until new credentials come', async () => {
    const lab = await labWithToken()
    await lab.press('Revoke the grant')
    await lab.leap('1 min')
    expect(await lab.told()).toMatch(/Bot A is revoked grant-revoked[^]*no token$/)
    expect(await lab.page.getByText(/^The grant was deleted.*Make a new refresh token/).isVisible()).toBe(true)
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 2, [BUDGET]: 2 })
    await lab.leap('1 h')
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 2, [BUDGET]: 3 })
    await lab.press('Bring new credentials')
    await lab.leap('1 min')
    expect(await lab.told()).toContain('Bot A is valid')
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 3 })
  })

  it('P10 takes the token back early: one token request, and the bot sees no failure', async () => {
    const lab = await labWithToken()
    await lab.press('Take the token back early')
    await lab.leap('1 min')
    expect(await lab.told()).toMatch(/Bot A is valid[^]*token 2/)
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 2, [FAILURES]: 0 })
    expect((await lab.log()).join()).toContain('the server refuses token 1 before its time')
  })

  it('P7 loses an answer: tried once more, and fatal with strict rotation only', async () => {
    const lab = await labWithToken()
    await lab.press('Lose the next answer')
    await lab.press('Ask for a new token')
    await lab.leap('1 min')
    expect(await lab.told()).toMatch(/Bot A is valid[^]*token 2/)
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 3, [FAILURES]: 0 })

    await lab.page.getByLabel('Refresh tokens change').selectOption('strict')
    await lab.leap('1 min')
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 1 })
    await lab.press('Lose the next answer')
    await lab.press('Ask for a new token')
    await lab.leap('1 min')
    expect(await lab.told()).toContain('Bot A is revoked rotation-lost')

    await lab.page.getByLabel('Refresh tokens change').selectOption('grace')
    await lab.leap('1 min')
    await lab.press('Lose the next answer')
    await lab.press('Ask for a new token')
    await lab.leap('1 min')
    expect(await lab.told()).toContain('Bot A is valid')
  })

  it('P1 P7 rotates: each refresh token buys one access token, also for two bots', async () => {
    const lab = await rig.open()
    await lab.page.getByLabel('Refresh tokens change').selectOption('strict')
    await lab.press('A second bot on the same store')
    await lab.leap('1 h')
    expect(await lab.told('A')).toContain('Bot A is valid')
    expect(await lab.told('B')).toContain('Bot B is valid')
    expect(await lab.counted()).toMatchObject({ [FAILURES]: 0, [BUDGET]: 3 })
  })

  it('P4 blocks the address: silence, probes without credentials, and a return by itself', async () => {
    const lab = await labWithToken()
    await lab.press('Block the address')
    await lab.leap('10 min', '10 min')
    expect(await lab.told()).toMatch(/Bot A is blocked ip-block-suspected[^]*next probe in/)
    const asked = (await lab.counted())[TOKENS]
    await lab.leap('1 h')
    expect(await lab.counted()).toMatchObject({ [TOKENS]: asked, Probes: 3 })
    await lab.press('Block the address')
    await lab.leap('1 h')
    expect(await lab.told()).toContain('Bot A is valid')
  })

  it('P9 answers 429: one request for each, as late as it was told, and the token serves on', async () => {
    const lab = await labWithToken()
    await lab.press('Answer 429')
    await lab.press('Ask for a new token')
    await lab.leap('1 min')
    expect(await lab.told()).toMatch(/Bot A is expiring[^]*token 1[^]*next attempt in/)
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 2, [FAILURES]: 0 })
    await lab.press('Answer 429')
    await lab.leap('1 min', '1 min')
    expect(await lab.told()).toMatch(/Bot A is valid[^]*token 2/)
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 3, [FAILURES]: 0 })
  })

  it('P6 P9 answers 503: nobody notices while the token lives, and nothing is condemned', async () => {
    const lab = await labWithToken()
    await lab.press('Answer 503')
    await lab.leap('10 min')
    expect(await lab.told()).toContain('Bot A is expiring')
    expect(await lab.counted()).toMatchObject({ [FAILURES]: 0, [BUDGET]: 3 })
    await lab.leap('10 min')
    expect(await lab.told()).toMatch(/Bot A is backoff[^]*no token · next attempt in/)
    await lab.press('Answer 503')
    await lab.leap('10 min')
    expect(await lab.told()).toContain('Bot A is valid')
  })

  it('P12 says nothing: each attempt is given up, and the bot is told in time', async () => {
    const lab = await labWithToken()
    await lab.press('Say nothing')
    await lab.leap('10 min')
    expect((await lab.log()).join()).toMatch(/no token: token-request-failed; again in/)
    await lab.leap('10 min')
    expect((await lab.log()).join()).toContain('a request fails: ip-block-suspected')
    await lab.press('Put everything right')
    await lab.leap('1 h')
    expect(await lab.page.getByRole('switch', { name: 'Say nothing' }).getAttribute('aria-checked')).toBe('false')
    expect(await lab.told()).toContain('Bot A is valid')
  })

  it('P15 sets the clock two hours fast and right again: nothing changes', async () => {
    const lab = await labWithToken()
    await lab.press('Set the clock two hours fast')
    await lab.leap('1 min')
    expect(await lab.page.getByRole('group', { name: 'Time' }).innerText()).toContain('the machine says 16:32')
    expect(await lab.told()).toMatch(/Bot A is valid[^]*token 1, 13 min left/)
    await lab.leap('10 min')
    await lab.press('Set the clock two hours fast')
    await lab.leap('1 min')
    expect(await lab.told()).toMatch(/Bot A is valid[^]*token 2, 1\d min left/)
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 2, [FAILURES]: 0 })
  })

  it('P5 sleeps for three hours: the dead token is given to nobody', async () => {
    const lab = await labWithToken()
    await lab.press('Sleep for three hours')
    await lab.leap('1 min')
    expect(await lab.told()).toMatch(/Bot A is valid[^]*token 2, 14 min left/)
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 2, [FAILURES]: 0 })
  })

  it('P7 kills the bot: started again, it goes on with the token of the store', async () => {
    const lab = await labWithToken()
    await lab.press('Kill the bot')
    await lab.leap('1 min')
    expect(await lab.told()).toContain('Bot A is dead')
    await lab.press('Kill the bot')
    await lab.leap('1 min')
    expect(await lab.told()).toMatch(/Bot A is valid[^]*token 1, 1\d min left/)
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 1, [FAILURES]: 0 })
  })

  it('P7 kills the bot in the middle of a token request: the lease falls to the next, who tries again', async () => {
    const lab = await labWithToken()
    await lab.press('Say nothing')
    await lab.press('Ask for a new token')
    await lab.leap('10 s')
    await lab.press('Kill the bot')
    await lab.leap('1 min')
    await lab.press('Say nothing')
    await lab.press('Kill the bot')
    await lab.press('Ask for a new token')
    await lab.leap('1 min')
    expect(await lab.told()).toMatch(/Bot A is valid[^]*token 2/)
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 3, [FAILURES]: 0 })
  })

  it('P1 starts a second bot on the same store: one token request a lifetime for both', async () => {
    const lab = await labWithToken()
    await lab.press('A second bot on the same store')
    await lab.leap('10 min')
    expect(await lab.told('A')).toMatch(/Bot A is valid[^]*token 2/)
    expect(await lab.told('B')).toMatch(/Bot B is valid[^]*token 2/)
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 2, [FAILURES]: 0 })
  })

  it('P14 signs out: no token and no request until new credentials come', async () => {
    const lab = await labWithToken()
    await lab.press('Sign out')
    await lab.leap('10 min', '10 min')
    expect(await lab.told()).toContain('Bot A is unauthenticated signed-out')
    expect(await lab.counted()).toMatchObject({ [TOKENS]: 1 })
    await lab.press('Bring new credentials')
    await lab.leap('1 min')
    expect(await lab.told()).toContain('Bot A is valid')
  })
})

describePage(() => rig)

describe('the programs that serve the lab', () => {
  it('prints the address of the page, and ends at Ctrl-C', async () => {
    const cwd = temporaryFolder()
    const served = startExample('dashboard/main.ts', { cwd })
    const [url = ''] = /http:\S+/.exec(await served.line(/^The lab is at http/)) ?? []
    // Which needs no page to be built.
    expect((await fetch(url, { method: 'POST' })).status).toBe(405)
    served.interrupt()
    expect(await served.ended).toBe(0)
    expect(await served.stderr).toBe('')
  })

  it('is told of by npm start, while its tour goes on', async () => {
    const tour = startExample('bot/tour.ts', { cwd: temporaryFolder() })
    const [url = ''] = /http:\S+/.exec(await tour.line(/The lab/)) ?? []
    expect((await fetch(url, { method: 'POST' })).status).toBe(405)
    tour.interrupt()
    expect(await tour.ended).toBe(0)
  })
})
