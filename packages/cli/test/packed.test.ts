import { execFile } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT_CODES } from '../src/output/exit-code.ts'
import { VERSION } from '../src/version.ts'
import { installPacked, type PackedProject } from './support/packed.ts'
import { createRig } from './support/rig.ts'

/** Ms to compile, pack and install, on a busy machine. */
const SETTING_UP = 240_000

const place = mkdtempSync(join(realpathSync(tmpdir()), 'evergrant-packed-'))
let project: PackedProject
beforeAll(async () => {
  project = await installPacked(place)
}, SETTING_UP)
afterAll(() => rmSync(place, { recursive: true, force: true }))

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** The command in a project that has nothing but it, without `npx`, which takes longer than most of what it does. */
function evergrant(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return run(join(project.folder, 'node_modules/.bin/evergrant'), words, env)
}

function run(file: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const { PATH } = process.env
    const own = { PATH, HOME: place, npm_config_update_notifier: 'false', NODE_COMPILE_CACHE: join(place, 'compiled') }
    const options = { cwd: project.folder, env: { ...own, ...env } }
    const child = execFile(file, words, options, (_, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err: err.replaceAll(/^npm warn .*\n/gm, '') })
    })
  })
}

describe('the packed command', () => {
  it('names versions in the place of the workspace', () => {
    expect(project.manifests).toHaveLength(5)
    expect(project.manifests.filter((text) => text.includes('workspace:'))).toEqual([])
  })

  it('says its version, and what it can do', async () => {
    const [version, help] = await Promise.all([run('npx', ['evergrant', '--version']), evergrant(['--help'])])
    expect(version).toEqual({ code: 0, out: `${VERSION}\n`, err: '' })
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining('login [options]'), err: '' })
  })

  it('logs in at a server, and finds all that its parts need', async () => {
    const rig = await createRig()
    const store = { EVERGRANT_STORE: rig.store }
    const [good, none, login, doctor, keychain] = await Promise.all([
      evergrant(['test'], { ...rig.loggedIn, ...store }),
      evergrant(['test', '--account', 'other'], { ...rig.env, ...store }),
      evergrant(['login', '--way', 'personal-grant'], { ...rig.env, ...store }),
      evergrant(['doctor', '--no-login', '--account', 'other'], { ...rig.env, ...store }),
      evergrant(['status', '--store', 'keychain']),
    ])
    expect(good).toEqual({ code: 0, out: '', err: '' })
    expect(none.code).toBe(EXIT_CODES['not-logged-in'])
    expect(login.err).toContain('There is no terminal to type a client secret')
    expect(doctor).toMatchObject({ code: EXIT_CODES['not-logged-in'], out: expect.stringContaining('on Node') })
    expect(keychain.err).toContain('The library for the keychain is not installed')
  })
})
