import { Option, type Command } from 'commander'
import { parseDuration } from '../output/duration.ts'
import type { KeeperStoreFlags } from '../serve/keeper-choice.ts'
import type { CreateKeyFlags } from '../serve/manage-keys.ts'
import { collect, withExamples, withOutput, type CommandPorts, type OutputFlags } from './command-ports.ts'

type KeeperFlags = OutputFlags & KeeperStoreFlags

/** `evergrant keys`: the API keys of a keeper, straight in its store, whether it runs or not. */
export function addKeys(program: Command, { io }: CommandPorts): void {
  const keys = program.command('keys').description('make, list and revoke the API keys of a keeper, in its store')
  withExamples(keys, [
    ['evergrant keys create --admin', 'the first key; prints it, and never again'],
    ['evergrant keys create --name bot --account anna', 'one that gets the tokens of anna, and nothing else'],
    ['evergrant keys list', 'all of them, without what makes them keys'],
  ])

  const create = keys.command('create').description('make an API key, and print it this once')
  withExamples(
    withKeeperStore(withOutput(create))
      .option('--name <text>', 'who uses it, for people (default: admin, with --admin)')
      .addOption(
        new Option('--scope <scope>', 'token, proxy, metrics or admin; may be repeated (default: token)').argParser(
          collect,
        ),
      )
      .addOption(new Option('--account <name>', 'an account that it is for; may be repeated').argParser(collect))
      .option('--all-accounts', 'it is for every account')
      .option('--admin', 'the same as --scope admin --all-accounts')
      .option('--expires <duration>', 'how long it is good, e.g. 720h (default: until it is revoked)', parseDuration),
    [
      ['evergrant keys create --admin', 'manages accounts and keys'],
      ['evergrant keys create --name dashboard --scope token --scope proxy --account anna', 'tokens and requests'],
    ],
  ).action(async (flags: KeeperFlags & CreateKeyFlags) => {
    const { createKey } = await import('../serve/manage-keys.ts')
    await createKey(flags, io)
  })

  const list = keys.command('list').description('list the API keys')
  withExamples(withKeeperStore(withOutput(list)), [['evergrant keys list --json', 'for a machine']]).action(
    async (flags: KeeperFlags) => {
      const { listKeys } = await import('../serve/manage-keys.ts')
      await listKeys(flags, io)
    },
  )

  const revoke = keys.command('revoke').argument('<id>', 'as in the list').description('revoke an API key, for good')
  withExamples(withKeeperStore(withOutput(revoke)), [
    ['evergrant keys revoke a1B2c3D4e5F6', 'keepers at work refuse it within seconds'],
  ]).action(async (id: string, flags: KeeperFlags) => {
    const { revokeKey } = await import('../serve/manage-keys.ts')
    await revokeKey(id, flags, io)
  })
}

/** Adds where a keeper keeps its accounts, and what seals them. */
export function withKeeperStore(command: Command): Command {
  return command
    .option('--store <address>', 'sqlite:/path, postgres://… or redis://… (EVERGRANT_KEEPER_STORE, or a file of yours)')
    .option(
      '--key-file <path>',
      'sealing key, or "keychain" (EVERGRANT_KEEPER_KEY_FILE, EVERGRANT_KEEPER_KEY, or beside the database)',
    )
    .addOption(
      new Option('--previous-key-file <path>', 'a sealing key that was replaced; may be repeated').argParser(collect),
    )
}
