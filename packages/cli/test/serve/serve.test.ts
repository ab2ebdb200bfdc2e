import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { askToken, createKeeperRig, post, urlIn } from './keeper-rig.ts'

const KEY = /egk_[0-9A-Za-z]{12}_[\w-]{43}/g

describe('evergrant serve', () => {
  it('keeps the tokens of an account, and what it was told when it is started again', async () => {
    const rig = await createKeeperRig()
    const admin = await rig.admin()
    const { out } = await rig.run(['keys', 'create', '--name', 'bot', '--account', 'anna'])
    const bot = out.trim()
    for (const round of [1, 2]) {
      const { url, running } = await rig.serve()
      if (round === 1) expect(await post(url, admin, 'anna', rig.fake.credentials)).toBe(201)
      const answer = await askToken(url, bot, 'anna')
      expect(await answer.json()).toMatchObject({ generation: 1, token_type: 'Bearer' })
      running.interrupt('SIGTERM')
      expect(await running.ended).toMatchObject({
        code: 0,
        err: '',
        out: expect.stringContaining('Everything is saved.'),
      })
    }
    expect(rig.fake.tokenRequests).toBe(1)
  })

  it('makes an admin key at a terminal, shows it once, and elsewhere says how to make one', async () => {
    const rig = await createKeeperRig()
    const refused = await rig.run(['serve', '--port', '0'])
    expect(refused).toMatchObject({ code: 2, out: '' })
    expect(refused.err).toContain('evergrant keys create --admin')
    const first = await rig.serve([], { tty: true })
    const [key = '', ...more] = first.running.out().match(KEY) ?? []
    expect(more).toEqual([])
    expect(await post(first.url, key, 'anna', rig.fake.credentials)).toBe(201)
    first.running.interrupt()
    await first.running.ended
    const second = await rig.serve([], { tty: true })
    second.running.interrupt()
    expect((await second.running.ended).out.match(KEY)).toBeNull()
  })

  it('tells of each request in a line of JSON, and keeps a log of them, without secrets', async () => {
    const rig = await createKeeperRig()
    const admin = await rig.admin()
    const file = join(rig.folder, 'audit.jsonl')
    const { url, running } = await rig.serve(['--json', '--audit', file])
    await post(url, admin, 'anna', rig.fake.credentials)
    await askToken(url, admin, 'anna')
    running.interrupt()
    const { out } = await running.ended
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string })
    expect(lines.map(({ event }) => event)).toEqual(['listening', 'request', 'request', 'draining', 'ended'])
    expect(lines[1]).toMatchObject({ action: 'POST /api/v1/credentials', account: 'anna', status: 201 })
    const logged = readFileSync(file, 'utf8')
    expect(logged.trim().split('\n')).toHaveLength(2)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    for (const secret of [admin.slice(17), rig.fake.credentials.clientSecret, rig.fake.credentials.refreshToken]) {
      expect(`${out}${logged}`).not.toContain(secret)
      // Nor can it be read in the database.
      expect(readFileSync(join(rig.data, 'keeper.db'), 'latin1')).not.toContain(secret)
    }
  })

  it('listens beyond this machine with TLS alone', async () => {
    const rig = await createKeeperRig()
    await rig.admin()
    const open = await rig.run(['serve', '--host', '0.0.0.0', '--port', '0'])
    expect(open).toMatchObject({ code: 2, err: expect.stringContaining('(keeper-insecure)\n  Give --tls-cert') })

    const [cert, key] = [join(rig.folder, 'cert.pem'), join(rig.folder, 'key.pem')]
    selfSigned(cert, key)
    const { url, running } = await rig.serve(['--host', '0.0.0.0', '--tls-cert', cert, '--tls-key', key])
    expect(url).toMatch(/^https:/)
    expect(await statusOver(`https://localhost:${new URL(url).port}/healthz`, cert)).toBe(200)
    running.interrupt()
    expect(await running.ended).toMatchObject({ code: 0 })
    const behind = await rig.serve(['--host', '0.0.0.0', '--behind-proxy'])
    behind.running.interrupt()
    expect(await behind.running.ended).toMatchObject({ code: 0 })
  })

  it.for([
    [['--port', '80x'], '"80x" is no whole number'],
    [['--port', '70000'], 'There is no port 70000'],
    [['--tls-cert', 'cert.pem'], 'TLS takes a certificate and its private key'],
    [['--tls-cert', 'none.pem', '--tls-key', 'none.pem'], 'none.pem cannot be read (ENOENT)'],
    [['--tls-cert', 'bad.pem', '--tls-key', 'bad.pem'], 'no pair in PEM'],
    [['--audit', 'none/audit.jsonl'], 'cannot be opened (ENOENT)'],
    [['--host', '192.0.2.1', '--behind-proxy'], '(keeper-cannot-listen)'],
    [['--sandbox', '--store', 'sqlite:x'], '--sandbox brings a server and a store of its own'],
  ] as const)('says of %j what is wrong', async ([argv, message]) => {
    const rig = await createKeeperRig()
    await rig.admin()
    writeFileSync(join(rig.folder, 'bad.pem'), 'test-secret-that-is-no-pem')
    const { code, out, err } = await rig.run(['serve', ...argv])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err).toMatch(/\n {2}\S.*\n$/)
    expect(err).not.toContain('test-secret')
  })

  it('says who has the port', async () => {
    const rig = await createKeeperRig()
    await rig.admin()
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const { code, err } = await rig.run(['serve', '--port', String(port)])
    expect(code).toBe(2)
    expect(err).toContain(`Cannot listen on 127.0.0.1:${port} (EADDRINUSE)`)
  })

  it('with --sandbox prints requests that work as they are', async () => {
    const rig = await createKeeperRig()
    const { url, running } = await rig.serve(['--sandbox'])
    await running.saw('/api/v1/events')
    const lines = running.out().split('\n')
    const exports = lines.filter((line) => line.startsWith('export '))
    const requests = lines.filter((line) => line.startsWith('curl ') && !line.includes('/events'))
    expect(requests).toHaveLength(4)
    const check = requests.map((line) => line.replace('curl -s', 'curl -s -f')).join(' && ')
    // Not waited for in this thread, which answers.
    const { execFile } = await import('node:child_process')
    const out = await new Promise<string>((resolve, reject) => {
      execFile('/bin/sh', ['-c', `${exports.join('\n')}\n${check}`], (error, stdout) =>
        error === null ? resolve(stdout) : reject(error),
      )
    })
    const answers = out.trim().split('\n')
    expect(answers.map((text) => Object.keys(JSON.parse(text) as object)[0])).toEqual([
      'account',
      'data',
      'data',
      'credentials',
    ])
    expect(urlIn(exports.join())).toBe(url)
    running.interrupt()
    expect(await running.ended).toMatchObject({ code: 0, err: '' })
  })
})

function selfSigned(cert: string, key: string): void {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', [...words, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
}

function statusOver(url: string, cert: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { ca: readFileSync(cert), agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    }).once('error', reject)
  })
}
