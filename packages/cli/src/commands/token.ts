import type { Command } from 'commander'
import { presentToken } from '../account/present-token.ts'
import { withChosenSession } from '../account/with-session.ts'
import { writeJson } from '../output/write-json.ts'
import {
  withAccount,
  withExamples,
  withToken,
  type CommandPorts,
  type CommonFlags,
  type TokenFlags,
} from './command-ports.ts'

/** `evergrant token` and `evergrant header`: the token as a text, for programs that know nothing of evergrant. */
export function addToken(program: Command, ports: CommandPorts): void {
  const token = program.command('token').description('print the access token; refreshes it only if needed')
  withExamples(withAccount(withToken(token)), [
    ['evergrant token', 'the token, and nothing else'],
    ['evergrant token --min-ttl 10m', 'one that lives for ten minutes more'],
    ['evergrant token --json', 'with its expiry (epoch ms) and scope'],
  ]).action((flags: CommonFlags & TokenFlags) => print(flags, ports, 'value'))

  const header = program.command('header').description('print the Authorization header, for curl and its like')
  withExamples(withAccount(withToken(header)), [
    [
      'evergrant header > header.txt && curl -H @header.txt https://api.tastyworks.com/customers/me',
      'keeps it off the command line',
    ],
  ]).action((flags: CommonFlags & TokenFlags) => print(flags, ports, 'header'))
}

async function print(flags: CommonFlags & TokenFlags, { io }: CommandPorts, what: 'value' | 'header'): Promise<void> {
  const token = await withChosenSession(flags, io, (session) =>
    presentToken(session, { minTtl: flags.minTtl, maxWait: flags.timeout, signal: io.interrupts.signal }, io.clock),
  )
  const { value, authorization, generation, issuedAt, expiresAt, scope } = token
  if (flags.json !== true) {
    io.stdout.write(what === 'value' ? `${value}\n` : `Authorization: ${authorization}\n`)
    return
  }
  const answer = what === 'value' ? { token: value } : { name: 'Authorization', value: authorization }
  writeJson(io.stdout, { ...answer, generation, issuedAt, expiresAt, scope })
}
