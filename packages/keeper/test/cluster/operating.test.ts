import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import { memoryStore } from '@evergrant/core'
import { fakeTastytrade } from '@evergrant/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDatabase } from '../../../adapters/test/postgres/databases.ts'
import { bundleBin } from '../../../cli/test/support/program.ts'
import { codeBlocks, document, ROOT } from '../../../testing/test/documents/documents.ts'
import { createKeeper } from '../../src/index.ts'
import { until } from './until.ts'

const PATIENCE = 240_000
const page = document('docs/operating.md')
const blocks = codeBlocks(page.text).filter(({ language }) => language === 'sh' || language === 'js')
const COMPILED = join(ROOT, 'node_modules/.cache/compiled')

/** A terminal of an operator: what one command exports, the next has. */
interface Terminal extends AsyncDisposable {
  readonly folder: string
  run(commands: string): Promise<string>
  /** Starts what goes on, in place of what was started before. */
  serve(command: string): Promise<void>
  /** Ends it as an operator does. */
  stop(): Promise<void>
  read(file: string): string
}

/** `bin`: the command as JavaScript, which starts in half the time that its sources take. */
function openTerminal(bin: string, env: Readonly<Record<string, string>>, ready: () => Promise<boolean>): Terminal {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'evergrant-operator-')))
  const programs = join(folder, '.programs')
  mkdirSync(programs)
  const compiled = join(dirname(bin), 'compiled')
  writeFileSync(join(programs, 'evergrant'), `#!/bin/sh\nNODE_COMPILE_CACHE=${compiled} exec node ${bin} "$@"\n`)
  chmodSync(join(programs, 'evergrant'), 0o755)
  for (const name of ['core', 'adapters']) {
    mkdirSync(join(folder, 'node_modules/@evergrant'), { recursive: true })
    symlinkSync(join(ROOT, 'packages', name), join(folder, 'node_modules/@evergrant', name), 'junction')
  }
  const { PATH = '' } = process.env
  const path = [programs, dirname(process.execPath), PATH].join(delimiter)
  const all = { ...env, PATH: path, HOME: folder, NODE_COMPILE_CACHE: COMPILED }
  const state = join(folder, '.state')
  writeFileSync(state, '')
  let keeper: ChildProcess | null = null

  function start(commands: string): ChildProcess {
    const script = `set -euo pipefail\n. ${state}\n${commands}`
    return spawn('bash', ['-c', script], { cwd: folder, env: all, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  async function stop(): Promise<void> {
    if (keeper === null) return
    const leaving = keeper
    keeper = null
    leaving.kill('SIGTERM')
    const [code] = (await once(leaving, 'close')) as [number | null]
    expect(code).toBe(0)
  }

  return {
    folder,
    async run(commands) {
      const child = start(`${commands}\n{ export -p; declare -p RESTORED 2>/dev/null || true; } > ${state}`)
      let out = ''
      child.stdout?.on('data', (text: Buffer) => (out += text.toString()))
      child.stderr?.on('data', (text: Buffer) => (out += text.toString()))
      const [code] = (await once(child, 'close')) as [number | null]
      expect({ code, ...(code === 0 ? {} : { commands, out }) }).toEqual({ code: 0 })
      return out
    },
    async serve(command) {
      await stop()
      keeper = start(`exec ${command}`)
      keeper.stdout?.resume()
      keeper.stderr?.resume()
      await until('the keeper is ready', ready)
    },
    stop,
    read: (file) => readFileSync(join(folder, file), 'utf8'),
    async [Symbol.asyncDispose]() {
      if (keeper !== null) {
        keeper.kill('SIGKILL')
        await once(keeper, 'close')
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('the page for operators', () => {
  it('has commands that do what it says, on a real PostgreSQL', { timeout: PATIENCE }, async () => {
    await using database = await createDatabase()
    const restored = `keeper_${randomBytes(6).toString('hex')}`
    await using _ = { [Symbol.asyncDispose]: () => database.drop(restored) }
    const fake = fakeTastytrade({ rotation: 'strict' })
    await using listener = await fake.listen()
    const origin = `http://127.0.0.1:${await freePort()}`
    const ready = () =>
      fetch(`${origin}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
    const env = { EVERGRANT_KEEPER_STORE: database.url, EVERGRANT_BASE_URL: listener.url }
    const { bin, remove } = await bundleBin()
    onTestFinished(remove)
    await using terminal = openTerminal(bin, env, ready)
    const { clientId: client_id, clientSecret: client_secret, refreshToken: refresh_token } = fake.credentials
    writeFileSync(
      join(terminal.folder, 'anna.json'),
      JSON.stringify({ account: 'anna', client_id, client_secret, refresh_token }),
    )
    const askToken = async (query = '') => {
      const [name = '', value = ''] = terminal.read('bot.header').trim().split(': ')
      const answer = await fetch(`${origin}/api/v1/token${query}`, { headers: { [name]: value } })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    }
    /** What must be so once a block has been run, by its first words. */
    const afterwards: Readonly<Record<string, () => Promise<void>>> = {
      'curl --fail': async () => {
        expect(JSON.parse(terminal.read('token.json'))).toMatchObject({ account: 'anna', generation: 1 })
      },
      // What happens after the backup.
      'pg_dump --format=custom': async () => {
        expect(await askToken('?rejected=1')).toMatchObject({ status: 200, body: { generation: 2 } })
      },
      'export EVERGRANT_KEEPER_STORE="$RESTORED"': async () => {
        // The access token of the backup lives; its refresh token has been used since.
        expect(await askToken()).toMatchObject({ status: 200, body: { generation: 1 } })
        const sent = fake.tokenRequests
        expect(await askToken('?rejected=1')).toMatchObject({ status: 409, body: { code: 'grant-revoked' } })
        expect(await askToken()).toMatchObject({ status: 409 })
        expect([fake.tokenRequests, fake.failedLogins]).toEqual([sent + 1, 1])
        const grant = fake.createGrant()
        const body = {
          account: 'anna',
          client_id: grant.clientId,
          client_secret: grant.clientSecret,
          refresh_token: grant.refreshToken,
        }
        const [name = '', value = ''] = terminal.read('admin.header').trim().split(': ')
        const headers = { [name]: value, 'content-type': 'application/json' }
        const posted = await fetch(`${origin}/api/v1/credentials`, {
          method: 'POST',
          headers,
          body: JSON.stringify(body),
        })
        expect(posted.status).toBe(201)
      },
    }

    const checked = new Set<string>()
    for (const { language, code, line } of blocks) {
      const local = code.replaceAll('http://127.0.0.1:8765', origin).replaceAll('keeper_restored', restored)
      if (language === 'js') {
        writeFileSync(join(terminal.folder, 'reseal.mjs'), local)
        continue
      }
      const serving = local.split('\n').filter((command) => command.startsWith('evergrant serve'))
      const others = local
        .split('\n')
        .filter((command) => !command.startsWith('evergrant serve'))
        .join('\n')
      const out = await terminal.run(
        others.replace('node reseal.mjs', 'node --conditions=@evergrant/source reseal.mjs'),
      )
      if (code.includes('node reseal.mjs')) expect(out).toMatch(/^[1-9]\d* entries are sealed anew\n$/)
      for (const command of serving) await terminal.serve(`${command} --port ${new URL(origin).port}`)
      const [words = '', check] = Object.entries(afterwards).find(([first]) => code.startsWith(first)) ?? []
      checked.add(words)
      await check?.().catch((error: unknown) => {
        throw new Error(`after the block of line ${line}`, { cause: error })
      })
    }
    expect(Object.keys(afterwards).filter((words) => !checked.has(words))).toEqual([])
    // With the new key alone, what the old one had sealed is there still.
    expect(await askToken()).toMatchObject({ status: 200 })
    await terminal.stop()
  })

  it('alerts on metrics that there are', async () => {
    const fake = fakeTastytrade()
    await using keeper = createKeeper({
      provider: tastytrade({ fetch: fake.fetch }),
      store: memoryStore(),
      sealing: 'sealed-already',
      openMetrics: true,
    })
    // A label shows once something has been counted: somebody without a key, and an account that there is not.
    const { key } = await keeper.keys.create({ name: 'test', scopes: ['token'], accounts: ['anna'] })
    const headers = { authorization: `Bearer ${key.reveal()}` }
    for (const init of [{}, { headers }]) await keeper.fetch(new Request('http://keeper.test/api/v1/token', init))
    const answer = await keeper.fetch(new Request('http://keeper.test/metrics'))
    const shown = await answer.text()
    const table = page.text.slice(page.text.indexOf('## What to be woken for'), page.text.indexOf('## When it happens'))
    const named = new Set([...table.matchAll(/(?:evergrant|nodejs)_\w+/g)].map(([name]) => name))
    expect(named.size).toBeGreaterThan(10)
    expect([...named].filter((name) => !new RegExp(`^${name}(\\{| )`, 'm').test(shown))).toEqual([])
    const states = [...table.matchAll(/evergrant_accounts\{state="(\w+)"\}/g)].map(([, state]) => state)
    expect(states.filter((state) => !shown.includes(`evergrant_accounts{state="${state}"}`))).toEqual([])
    expect(shown).toContain('evergrant_token_requests_total{outcome="failed"}')
  })
})
