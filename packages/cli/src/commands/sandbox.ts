import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { FakeTastytradeOptions } from '@evergrant/testing'
import { Option, type Command } from 'commander'
import type { Io } from '../io.ts'
import { parseDuration } from '../output/duration.ts'
import { tellFailure } from '../output/failure.ts'
import { writeJson } from '../output/write-json.ts'
import { openControlDoor, type ControlAnswer } from '../sandbox/control-door.ts'
import { credentialVariables, environmentLines, shellOf } from '../sandbox/environment-lines.ts'
import { parseOrder } from '../sandbox/order.ts'
import { aborted } from '../terminal/aborted.ts'
import {
  collect,
  parseCount,
  parsePort,
  withExamples,
  withOutput,
  type CommandPorts,
  type OutputFlags,
} from './command-ports.ts'

interface SandboxFlags extends OutputFlags {
  readonly port?: number
  readonly lifetime?: number
  readonly rotation?: 'none' | 'grace' | 'strict'
  readonly blockAfter?: number
  readonly redirectUri?: readonly string[]
}

/** `evergrant sandbox`: a tastytrade of one's own, with invented customers, that misbehaves when it is told to. */
export function addSandbox(program: Command, ports: CommandPorts): void {
  const sandbox = program
    .command('sandbox')
    .description('run a fake tastytrade on this machine, until Ctrl-C; its behaviours can be switched while it runs')
    .option('--port <number>', 'port on 127.0.0.1 (default: any that is free)', parsePort)
    .option('--lifetime <duration>', 'how long an access token lives (default: 15m)', parseDuration)
    .addOption(
      new Option('--rotation <kind>', 'how refresh tokens change (default: none)').choices(['none', 'grace', 'strict']),
    )
    .option('--block-after <number>', 'failed logins that block the address (default: never)', parseCount)
    .option('--redirect-uri <uri>', 'where its login page may send people back to; may be repeated', collect)
  withExamples(withOutput(sandbox), [
    ['evergrant sandbox', 'prints what to paste into another terminal; type help for its orders'],
    ['evergrant sandbox --lifetime 1m --block-after 3', 'short tokens, and a block after three failed logins'],
  ]).action((flags: SandboxFlags) => runSandbox(flags, ports.io))
}

async function runSandbox(flags: SandboxFlags, io: Io): Promise<void> {
  // Only here: no other command needs a server.
  const [{ fakeTastytrade }, { carryOut }] = await Promise.all([
    import('@evergrant/testing'),
    import('../sandbox/carry-out.ts'),
  ])
  const shell = shellOf(process.platform)
  const fake = fakeTastytrade(fakeOptions(flags, io))
  const stop = new AbortController()
  const ended = AbortSignal.any([io.interrupts.signal, stop.signal])

  await using cleanUp = new AsyncDisposableStack()
  const server = cleanUp.use(await fake.listen(flags.port === undefined ? {} : { port: flags.port }))
  const door = cleanUp.use(await openControlDoor(obey))
  // A store of its own: what is invented here must not take the place of real credentials in .secrets.
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-sandbox-'))
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }))

  function obey(line: string): ControlAnswer {
    let text = ''
    try {
      const order = parseOrder(line)
      if (order?.do === 'quit') stop.abort()
      if (order !== null) text = carryOut(order, fake, shell)
      return { status: 200, text }
    } catch (error) {
      const stderr = { write: (said: string) => ((text += said), true) } as Io['stderr']
      tellFailure(error, { stderr, env: { NO_COLOR: '1' }, clock: io.clock }, { json: false, debug: false })
      return { status: 400, text }
    }
  }

  const variables = {
    EVERGRANT_ENV: 'sandbox',
    EVERGRANT_BASE_URL: server.url,
    EVERGRANT_STORE: join(folder, '.secrets'),
    ...credentialVariables(fake.credentials),
    EVERGRANT_SANDBOX_CONTROL: door.url,
    EVERGRANT_SANDBOX_KEY: door.key,
  }
  if (flags.json === true) writeJson(io.stdout, variables)
  else {
    io.stdout.write(`A fake tastytrade listens at ${server.url}. Paste this into another terminal:\n\n`)
    io.stdout.write(
      `${environmentLines(variables, shell)}\nThen try: evergrant test. Type help for orders here. Ctrl-C ends it.\n`,
    )
  }
  await followOrders(obey, ended, io)
}

/** Lines that are typed; when the input ends, the sandbox goes on. */
async function followOrders(obey: (line: string) => ControlAnswer, ended: AbortSignal, io: Io): Promise<void> {
  const lines = createInterface({ input: io.stdin, terminal: false })
  lines.on('line', (line) => {
    const { status, text } = obey(line)
    ;(status === 200 ? io.stdout : io.stderr).write(text)
  })
  await aborted(ended)
  lines.close()
}

function fakeOptions(flags: SandboxFlags, { clock }: Io): FakeTastytradeOptions {
  const { lifetime, rotation, blockAfter, redirectUri } = flags
  return {
    clock,
    ...(lifetime === undefined ? {} : { lifetime: lifetime / 1000 }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(blockAfter === undefined ? {} : { blockAfter }),
    ...(redirectUri === undefined ? {} : { redirectUris: redirectUri }),
  }
}
