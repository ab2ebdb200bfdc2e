import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { freePort } from '../network-store/free-port.ts'

const run = promisify(execFile)

/** A server of one test's own, which keeps everything that it has confirmed, kills included. */
export interface OwnServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Ends it as a crash does and starts it again on the same port with the data that it had. */
  restart(): Promise<void>
}

/** Starts a server in a temporary folder; `settings` are further words of its command line. */
export async function startOwnServer(settings: readonly string[] = []): Promise<OwnServer> {
  const programs = await findPrograms()
  const user = unprivileged()
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'evergrant-postgres-'))
  if (user !== null) await chown(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const options = { ...user, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C' } }
  await run(join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'], options)
  const port = await freePort()
  // Not synced to the disk, which only a power cut would tell from this; but all is written when it is confirmed.
  const words = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', ...settings]
  const start = () => startServer(join(programs, 'postgres'), [...words, '-c', 'unix_socket_directories='], options)
  let server = await start()

  async function kill(): Promise<void> {
    const ended = once(server, 'exit')
    // Immediate shutdown: no connection is finished, nothing more is written. A kill would leave its children behind.
    server.kill('SIGQUIT')
    await ended
  }

  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    async restart() {
      await kill()
      server = await start()
    },
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function startServer(program: string, words: readonly string[], options: object): Promise<ChildProcess> {
  const server = spawn(program, words, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  const told: string[] = []
  for await (const line of createInterface({ input: server.stderr })) {
    told.push(line)
    if (line.includes('database system is ready to accept connections')) {
      // What it says later must not fill the pipe.
      server.stderr.resume()
      return server
    }
  }
  throw new Error(`PostgreSQL did not start:\n${told.join('\n')}`)
}

/** The folder of `initdb` and `postgres`: that of the PATH, or where Debian keeps them. */
async function findPrograms(): Promise<string> {
  const root = '/usr/lib/postgresql'
  const versions = await readdir(root).catch(() => [])
  const newest = versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(root, version, 'bin'))
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...newest]
  for (const folder of folders) {
    const names: readonly string[] = await readdir(folder).catch(() => [])
    if (names.includes('initdb') && names.includes('postgres')) return folder
  }
  throw new Error('No initdb and postgres on the PATH: install PostgreSQL 13 or later.')
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
