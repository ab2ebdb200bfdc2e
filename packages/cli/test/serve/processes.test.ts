import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { commandLines } from '../support/command-lines.ts'
import { PATIENT } from '../support/patient.ts'
import { bundleBin, startBin, type Child } from '../support/program.ts'
import { askToken, createKeeperRig, post, urlIn, type KeeperRig } from './keeper-rig.ts'

let bin = ''
beforeAll(async () => {
  const bundled = await bundleBin()
  bin = bundled.bin
  return bundled.remove
})

async function serve(rig: KeeperRig): Promise<{ readonly child: Child; readonly url: string }> {
  const child = startBin(bin, ['serve', '--port', '0'], { cwd: rig.folder, env: rig.home })
  await child.saw('A keeper listens')
  return { child, url: urlIn(child.out()) }
}

/** Resolves once a token request is under way at the server. */
async function underWay(rig: KeeperRig, before: number): Promise<void> {
  await expect.poll(() => rig.fake.tokenRequests, PATIENT).toBeGreaterThan(before)
}

describe('a keeper as a process', () => {
  it('ends at SIGTERM with what is under way answered and saved', async () => {
    const rig = await createKeeperRig()
    const admin = await rig.admin()
    const bot = (await rig.run(['keys', 'create', '--name', 'bot', '--account', 'anna'])).out.trim()
    const { child, url } = await serve(rig)
    expect(await post(url, admin, 'anna', rig.fake.credentials)).toBe(201)
    rig.fake.invalidateAccessTokens()
    rig.fake.fail('slow', { delay: 1_500, holds: 'answer' })
    const before = rig.fake.tokenRequests
    const asked = fetch(`${url}/api/v1/token?account=anna&rejected=1`, { headers: { authorization: `Bearer ${bot}` } })
    await underWay(rig, before)
    child.process.kill('SIGTERM')
    const answer = await asked
    expect(answer.status).toBe(200)
    const { access_token: token } = (await answer.json()) as { access_token: string }
    const { code, out, err } = await child.ended
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/It ends: [^]*Everything is saved\.\n$/)

    // The next one has that very token, and asks nobody.
    const after = rig.fake.tokenRequests
    const next = await serve(rig)
    const again = await askToken(next.url, bot, 'anna')
    expect(await again.json()).toMatchObject({ access_token: token })
    expect(rig.fake.tokenRequests).toBe(after)

    if (process.platform === 'linux') {
      const seen = commandLines()
      for (const secret of [
        admin.slice(17),
        bot.slice(17),
        readFileSync(join(rig.data, 'keeper.key'), 'utf8').trim(),
      ]) {
        expect(`${seen}${out}`).not.toContain(secret)
      }
      expect(seen).toContain('serve')
    }
  })

  it('ends at once at the second Ctrl-C', async () => {
    const rig = await createKeeperRig()
    const admin = await rig.admin()
    const bot = (await rig.run(['keys', 'create', '--name', 'bot', '--account', 'anna'])).out.trim()
    const { child, url } = await serve(rig)
    expect(await post(url, admin, 'anna', rig.fake.credentials)).toBe(201)
    rig.fake.invalidateAccessTokens()
    rig.fake.fail('never-answers', { times: Number.POSITIVE_INFINITY })
    const before = rig.fake.tokenRequests
    const waiting = fetch(`${url}/api/v1/token?account=anna&rejected=1`, {
      headers: { authorization: `Bearer ${bot}` },
    }).catch(() => null)
    await underWay(rig, before)
    child.process.kill('SIGINT')
    await child.saw('Ctrl-C again ends it at once')
    // One right after the other is taken for the same: it is pressed until it is heard.
    const again = setInterval(() => child.process.kill('SIGINT'), 50)
    const { code, out } = await child.ended.finally(() => clearInterval(again))
    expect(code).toBe(130)
    expect(out).not.toContain('Everything is saved')
    expect(await waiting).toBeNull()
  })
})
