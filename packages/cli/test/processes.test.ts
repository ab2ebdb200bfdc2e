import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ageToken } from './support/age-store.ts'
import { commandLines } from './support/command-lines.ts'
import { PATIENT } from './support/patient.ts'
import { bundleBin, startBin, type Child } from './support/program.ts'
import { createRig, type Rig } from './support/rig.ts'

let bin = ''
beforeAll(async () => {
  const bundled = await bundleBin()
  bin = bundled.bin
  return bundled.remove
})

function startHere(rig: Rig, argv: readonly string[], env = rig.loggedIn): Child {
  return startBin(bin, argv, { cwd: rig.folder, env })
}

/** Sends Ctrl-C again and again until the process has ended. */
async function insist({ process, ended }: Child) {
  const again = setInterval(() => process.kill('SIGINT'), 50)
  try {
    return await ended
  } finally {
    clearInterval(again)
  }
}

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(true))
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
  })
}

describe('many processes on one store', () => {
  it('P1 ten tokens at once, after the last has expired, are one request', async () => {
    const rig = await createRig()
    const { out: old } = await rig.run(['token'])
    ageToken(rig.store)
    rig.fake.resetLog()
    const children = Array.from({ length: 10 }, () => startHere(rig, ['token']).ended)
    const ended = await Promise.all(children)
    expect(ended.map(({ code, err }) => ({ code, err }))).toEqual(
      Array.from({ length: 10 }, () => ({ code: 0, err: '' })),
    )
    expect(new Set(ended.map(({ out }) => out)).size).toBe(1)
    expect(ended[0]?.out).not.toBe(old)
    expect(rig.fake.tokenRequests).toBe(1)
    expect(readdirSync(rig.folder)).toEqual(['.secrets'])
  })
})

describe('evergrant exec', () => {
  const PRINT = 'console.log(JSON.stringify([process.env.EVERGRANT_TOKEN, process.env.MINE, process.argv.slice(1)]))'

  it('gives the token to the program in one variable, with its arguments as they are', async () => {
    const rig = await createRig()
    const { out: token } = await rig.run(['token'])
    const plain = await startHere(rig, ['exec', '--', process.execPath, '-e', PRINT, 'a b', '--json', '--', '*']).ended
    expect(plain).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(plain.out)).toEqual([token.trim(), null, ['a b', '--json', '--', '*']])
    const renamed = await startHere(rig, ['exec', '--as', 'MINE', process.execPath, '-e', PRINT, '--', '--as']).ended
    expect(JSON.parse(renamed.out)).toEqual([null, token.trim(), ['--as']])
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it.for([
    ['process.exit(7)', 7],
    ['process.kill(process.pid, "SIGKILL")', 137],
  ] as const)('ends as %s does', async ([script, code]) => {
    const rig = await createRig()
    expect((await startHere(rig, ['exec', '--', process.execPath, '-e', script]).ended).code).toBe(code)
  })

  it('says so when there is nothing to run', async () => {
    const rig = await createRig()
    const missing = await startHere(rig, ['exec', '--', './no-such-program']).ended
    expect(missing).toMatchObject({ code: 127, out: '', err: expect.stringContaining('(not-found)') })
    const folder = await startHere(rig, ['exec', '--', rig.folder]).ended
    expect(folder).toMatchObject({ code: 126, err: expect.stringContaining('(not-executable)') })
    // Nor is it run where there is no token.
    const other = await startHere(
      rig,
      ['exec', '--account', 'other', '--', process.execPath, '-e', 'console.log(1)'],
      rig.env,
    ).ended
    expect(other).toMatchObject({ code: 3, out: '' })
  })

  it.for(['SIGINT', 'SIGTERM'] as const)('passes %s on, and lets the program end as it likes', async (signal) => {
    const rig = await createRig()
    const script = `process.once('${signal}', () => { console.log('heard'); process.exit(5) }); setInterval(() => {}, 1e6); console.log('ready')`
    const child = startHere(rig, ['exec', '--', process.execPath, '-e', script])
    await child.saw('ready')
    child.process.kill(signal)
    expect(await child.ended).toEqual({ code: 5, out: 'ready\nheard\n', err: '' })
  })
})

describe.skipIf(process.platform !== 'linux')('the list of processes', () => {
  it('P11 shows no token of curl, and its own environment has none', async () => {
    const rig = await createRig()
    const token = (await rig.run(['token'])).out.trim()
    rig.fake.fail('never-answers', { on: 'api' })
    const curl = startHere(rig, ['curl', '/customers/me'])
    await expect.poll(() => rig.fake.count({ path: '/customers/me' }), PATIENT).toBe(1)
    expect(commandLines()).toContain('/customers/me')
    expect(commandLines()).not.toContain(token)
    expect(readFileSync(`/proc/${curl.process.pid}/environ`, 'utf8')).not.toContain(token)
    curl.process.kill('SIGINT')
    expect((await curl.ended).code).toBe(130)
  })

  it('P11 shows no token of exec', async () => {
    const rig = await createRig()
    const token = (await rig.run(['token'])).out.trim()
    const exec = startHere(rig, [
      'exec',
      '--',
      process.execPath,
      '-e',
      "console.log('ready'); setInterval(() => {}, 1e6)",
    ])
    await exec.saw('ready')
    expect(commandLines()).toContain("console.log('ready')")
    expect(commandLines()).not.toContain(token)
    exec.process.kill('SIGTERM')
    expect((await exec.ended).code).toBe(143)
  })
})

describe('a command that is interrupted', () => {
  it('lets the request under way end, or ends at once when one insists', async () => {
    const rig = await createRig()
    rig.fake.fail('never-answers')
    const child = startHere(rig, ['token'])
    await expect.poll(() => rig.fake.openRequests, PATIENT).toBe(1)
    const { code, out, err } = await insist(child)
    // One that comes while Node shuts down ends it by itself.
    expect([130, 'SIGINT']).toContain(code)
    expect(out).toBe('')
    expect(err).toMatch(/^Waiting for the request under way, .*\n$/)
  })

  it('keeps what the server answers meanwhile', async () => {
    const rig = await createRig()
    rig.fake.fail('slow', { delay: 300 })
    const child = startHere(rig, ['token'])
    await expect.poll(() => rig.fake.openRequests, PATIENT).toBe(1)
    child.process.kill('SIGINT')
    expect((await child.ended).code).toBe(130)
    expect((await rig.run(['status', '--json'])).out).toContain('"state":"valid"')
    await rig.run(['token'])
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('and one that is killed, leave a store that the next can use', async () => {
    const rig = await createRig()
    await rig.logIn()
    const before = readFileSync(rig.store, 'utf8')
    rig.fake.fail('never-answers')
    const child = startHere(rig, ['token'], rig.env)
    await expect.poll(() => rig.fake.openRequests, PATIENT).toBe(1)
    child.process.kill('SIGKILL')
    await child.ended
    expect(JSON.parse(before)).toHaveProperty('format')
    expect(await startHere(rig, ['token'], rig.env).ended).toMatchObject({ code: 0, err: '' })
    expect(readdirSync(rig.folder)).toEqual(['.secrets'])
  })
})

describe('a reader that has gone', () => {
  it('ends the command', async () => {
    const rig = await createRig()
    const child = startHere(rig, ['status', '--watch', '--json'])
    await child.saw('unauthenticated')
    child.process.stdout.destroy()
    await rig.run(['token'])
    expect((await child.ended).err).toBe('')
  })
})

describe('evergrant sandbox', () => {
  it('leaves no server and no file behind', async () => {
    const rig = await createRig()
    const child = startHere(rig, ['sandbox', '--json'])
    await child.saw('\n')
    const told = JSON.parse(child.out()) as Record<string, string>
    expect(await startBin(bin, ['test'], { cwd: rig.folder, env: told }).ended).toEqual({ code: 0, out: '', err: '' })
    child.process.kill('SIGTERM')
    expect((await child.ended).code).toBe(0)
    expect(readdirSync(rig.folder)).toEqual([])
    expect(() => readdirSync(dirname(told['EVERGRANT_STORE'] ?? ''))).toThrow('ENOENT')
    for (const name of ['EVERGRANT_BASE_URL', 'EVERGRANT_SANDBOX_CONTROL']) {
      expect(await refuses(Number(new URL(told[name] ?? '').port))).toBe(true)
    }
  })
})

describe('completion', () => {
  it.for(['bash', 'zsh', 'fish', 'powershell'])('is offered for %s', async (shell) => {
    const rig = await createRig()
    const { code, out } = await startHere(rig, ['completion', shell]).ended
    expect(code).toBe(0)
    expect(out).toMatch(/evergrant[^]*complete/)
  })

  it('knows commands, options and their values', async () => {
    const rig = await createRig()
    const complete = async (...words: string[]) => (await startHere(rig, ['complete', '--', ...words]).ended).out
    expect(await complete('stat')).toMatch(/^status\t/)
    expect(await complete('token', '--min')).toContain('--min-ttl')
    expect(await complete('token', '--env', '')).toMatch(/^production\b.*\nsandbox\b/)
  })
})
