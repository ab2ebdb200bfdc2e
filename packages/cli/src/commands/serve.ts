import { Option, type Command } from 'commander'
import type { ServeFlags } from '../serve/serve.ts'
import { parsePort, withExamples, withOutput, type CommandPorts } from './command-ports.ts'
import { withKeeperStore } from './keys.ts'

/** `evergrant serve`: a keeper, until it is told to end. */
export function addServe(program: Command, { io }: CommandPorts): void {
  const serve = program
    .command('serve')
    .description(
      'run a keeper: a service that keeps the tokens of many accounts alive, and gives them out for API keys',
    )
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <number>', 'port (default: 8765; 0 for one that is free)', parsePort)
    .option('--tls-cert <path>', 'certificate with its chain, PEM')
    .option('--tls-key <path>', 'its private key, PEM')
    .option('--behind-proxy', 'a proxy in front of it ends TLS, and nobody can reach it past that')
    .option('--audit <path>', 'file to which each request is added, without secrets')
    .option('--open-metrics', 'show /metrics without a key')
    .addOption(
      new Option('--renew <which>', 'accounts whose tokens are renewed ahead of time (default: used)').choices([
        'used',
        'all',
      ]),
    )
    .addOption(
      new Option('--env <name>', 'environment (EVERGRANT_ENV, or production)').choices(['production', 'sandbox']),
    )
    .option('--base-url <url>', 'another server, such as that of "evergrant sandbox" (EVERGRANT_BASE_URL)')
    .option('--sandbox', 'with a fake tastytrade behind it, and an account and a key ready; nothing is kept')
  withExamples(withKeeperStore(withOutput(serve)), [
    ['evergrant serve --sandbox', 'to try it: prints requests to paste into another terminal'],
    ['evergrant serve', 'on loopback; at a terminal the first start makes an admin key'],
    [
      'evergrant serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem --audit audit.jsonl --json',
      'for other machines, with a line of JSON for each request',
    ],
  ]).action(async (flags: ServeFlags) => {
    // Only here: no other command needs a keeper.
    const { runServe } = await import('../serve/serve.ts')
    await runServe(flags, io)
  })
}
