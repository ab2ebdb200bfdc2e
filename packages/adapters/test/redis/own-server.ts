import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../network-store/free-port.ts'

/** A server of one test's own, which keeps everything that it has confirmed, kills included. */
export interface OwnServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Kills it and starts it again on the same port with the data that it had. */
  restart(): Promise<void>
}

/** Starts a server in a temporary folder; `settings` are further words of its command line. */
export async function startOwnServer(settings: readonly string[] = []): Promise<OwnServer> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'evergrant-redis-'))
  const port = await freePort()
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes']
  const command = [...words, '--appendfsync', 'always', ...settings]
  let server = await start(command)

  async function kill(): Promise<void> {
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async restart() {
      await kill()
      server = await start(command)
    },
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function start(words: readonly string[]): Promise<ChildProcess> {
  const server = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const told: string[] = []
  for await (const line of createInterface({ input: server.stdout })) {
    told.push(line)
    if (line.includes('Ready to accept connections')) {
      // What it says later must not fill the pipe.
      server.stdout.resume()
      return server
    }
  }
  throw new Error(`redis-server did not start:\n${told.join('\n')}`)
}
