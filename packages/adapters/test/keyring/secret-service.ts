import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { AsyncEntry } from '@napi-rs/keyring'

/** A Secret Service of this test's own, on a session bus of its own, with an empty keyring that is unlocked. */
export interface SecretService {
  /** Ends the service and the bus, and starts both anew on the same address and keyring. */
  readonly restart: () => Promise<void>
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
 * Without service folders, so that the bus starts no other keyring than the one below. The tests of one process open
 * hundreds of stores.
 */
const busConfig = (address: string): string => `<busconfig>
  <type>session</type>
  <listen>${address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
  <limit name="max_connections_per_user">10000</limit>
</busconfig>`

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
  writeFileSync(config, busConfig(address))
  process.env['DBUS_SESSION_BUS_ADDRESS'] = address
  let running: readonly ChildProcess[] = []

  async function start(): Promise<void> {
    const busArguments = [`--config-file=${config}`, '--nofork', '--print-address=1']
    const bus = spawn('dbus-daemon', busArguments, { env, stdio: ['ignore', 'pipe', 'ignore'] })
    running = [bus]
    await once(bus.stdout, 'data')
    const keyringArguments = ['--foreground', '--unlock', '--components=secrets']
    const keyring = spawn('gnome-keyring-daemon', keyringArguments, { env, stdio: ['pipe', 'ignore', 'ignore'] })
    running = [bus, keyring]
    keyring.stdin.end('invented')
    await untilAnswered()
  }

  async function end(): Promise<void> {
    // The keyring first: it ends by itself when it loses its bus.
    for (const child of running.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    }
    running = []
    rmSync(join(folder, 'bus'), { force: true })
  }

  async function stop(): Promise<void> {
    await end()
    if (before === undefined) delete process.env['DBUS_SESSION_BUS_ADDRESS']
    else process.env['DBUS_SESSION_BUS_ADDRESS'] = before
    rmSync(folder, { recursive: true, force: true })
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
    stop,
  }
}

/** It says nothing when it is ready. */
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
      // What the service waits for is written by this process, in its own turn.
      await setImmediate()
    }
  }
}
