import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { AsyncEntry } from '@napi-rs/keyring'

/** A Secret Service of this test's own, on a session bus of its own, with an empty keyring that is unlocked. */
export interface SecretService {
  /** Ends the service and the bus, and starts both anew on the same address and keyring. */
  readonly restart: () => Promise<void>
  /** Kills the service as soon as this method of it is called. As on a desktop, the bus starts another for the next call. */
  readonly killAt: (method: string) => Promise<void>
  readonly stop: () => Promise<void>
}

const PROGRAMS = ['dbus-daemon', 'gnome-keyring-daemon'] as const
const PATIENCE = 20_000

/** The programs that are not on the PATH. */
export function missingPrograms(): readonly string[] {
  return PROGRAMS.filter(
    (program) => !(process.env['PATH'] ?? '').split(delimiter).some((at) => runs(join(at, program))),
  )
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * The one service that the bus starts is the keyring of this folder, and it starts it whenever somebody calls it. The
 * tests of one process open hundreds of stores.
 */
const busConfig = (folder: string): string => `<busconfig>
  <type>session</type>
  <listen>unix:path=${join(folder, 'bus')}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>${folder}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
  <limit name="max_connections_per_user">10000</limit>
</busconfig>`

const serviceFile = (folder: string): string => `[D-BUS Service]
Name=org.freedesktop.secrets
Exec=/bin/sh ${join(folder, 'keyring.sh')}
`

const keyringScript = (folder: string): string => `echo $$ > '${join(folder, 'pid.new')}'
mv '${join(folder, 'pid.new')}' '${join(folder, 'pid')}'
printf invented > '${join(folder, 'password')}'
exec gnome-keyring-daemon --foreground --unlock --components=secrets < '${join(folder, 'password')}' > /dev/null 2>&1
`

/** Sets DBUS_SESSION_BUS_ADDRESS of this process until it is stopped. */
export async function startSecretService(): Promise<SecretService> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'evergrant-keyring-'))
  const address = `unix:path=${join(folder, 'bus')}`
  const before = process.env['DBUS_SESSION_BUS_ADDRESS']
  const env = {
    PATH: process.env['PATH'],
    DBUS_SESSION_BUS_ADDRESS: address,
    HOME: folder,
    XDG_DATA_HOME: folder,
    XDG_CACHE_HOME: folder,
    XDG_CONFIG_HOME: folder,
    XDG_RUNTIME_DIR: folder,
  }
  const config = join(folder, 'bus.conf')
  const pidFile = join(folder, 'pid')
  writeFileSync(config, busConfig(folder))
  writeFileSync(join(folder, 'org.freedesktop.secrets.service'), serviceFile(folder))
  writeFileSync(join(folder, 'keyring.sh'), keyringScript(folder))
  process.env['DBUS_SESSION_BUS_ADDRESS'] = address
  let bus: ChildProcess | undefined

  async function start(): Promise<void> {
    const busArguments = [`--config-file=${config}`, '--nofork', '--print-address=1']
    const starting = spawn('dbus-daemon', busArguments, { env, stdio: ['ignore', 'pipe', 'ignore'] })
    bus = starting
    await once(starting.stdout, 'data')
    await untilAnswered()
  }

  const keyringPid = (): number => Number(readFileSync(pidFile, 'utf8'))

  /** By another process: a connection to the service is made in one go, in which this one does nothing else. */
  async function killAt(method: string): Promise<void> {
    const kill = `{ read first; echo watching; grep -qm 1 member=${method} && kill -KILL ${keyringPid()}; }`
    const watch = `dbus-monitor --session member=${method} | ${kill}`
    const watcher = spawn('sh', ['-c', watch], { env, stdio: ['ignore', 'pipe', 'ignore'] })
    await once(watcher.stdout, 'data')
    // So that it cannot answer first.
    process.kill(keyringPid(), 'SIGSTOP')
  }

  async function end(): Promise<void> {
    if (existsSync(pidFile)) killIfThere(keyringPid())
    rmSync(pidFile, { force: true })
    if (bus !== undefined && bus.exitCode === null && bus.signalCode === null) {
      const gone = once(bus, 'exit')
      bus.kill('SIGKILL')
      await gone
    }
    rmSync(join(folder, 'bus'), { force: true })
  }

  async function stop(): Promise<void> {
    await end()
    if (before === undefined) delete process.env['DBUS_SESSION_BUS_ADDRESS']
    else process.env['DBUS_SESSION_BUS_ADDRESS'] = before
    // What was killed last may still have been about to write a file.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }

  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    async restart() {
      await end()
      await start()
    },
    killAt,
    stop,
  }
}

/** It may have ended by itself. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Whatever it still has to do when the bus finds it. */
async function untilAnswered(): Promise<void> {
  const deadline = performance.now() + PATIENCE
  for (;;) {
    try {
      const probe = new AsyncEntry('evergrant-probe', 'ready', { linux: { store: 'secret-service' } })
      await probe.setPassword('invented')
      await probe.deletePassword()
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await setImmediate()
    }
  }
}
