import { CommanderError, type Command } from 'commander'
import type { OutputFlags } from './commands/command-ports.ts'
import type { Io } from './io.ts'
import { usage } from './output/command-error.ts'
import { EXIT_CODES } from './output/exit-code.ts'
import { tellFailure } from './output/failure.ts'
import { createProgram } from './program.ts'

/** Runs one command line, without the names of Node and of the program; gives the exit code. Never rejects. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT_CODES.done
  let flags: OutputFlags = { json: asksForJson(argv) }
  let doctor = false
  const program = createProgram({ io, endWith: (code) => (exitCode = code) })
  program.hook('preAction', (_, command) => {
    flags = command.opts<OutputFlags>()
    doctor = !EXPLAINING.has(command.name())
  })
  try {
    await program.parseAsync(withHelp(argv, program), { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT_CODES.done
      // Help was shown, since nothing was asked for.
      if (error.code === 'commander.help') return EXIT_CODES.usage
    }
    const { json = false, debug = false } = flags
    return tellFailure(error instanceof CommanderError ? misread(error) : error, io, { json, debug, doctor })
  }
}

/** Commands that say by themselves what is wrong. */
const EXPLAINING: ReadonlySet<string> = new Set(['login', 'doctor', 'sandbox', 'serve', 'create', 'list', 'revoke'])

/** `help login` as `login --help`, which ends well, and not as help for who has asked for nothing. */
function withHelp(argv: readonly string[], program: Command): readonly string[] {
  const [word, ...topic] = argv
  const [name] = topic
  if (word !== 'help') return argv
  if (name === undefined || program.commands.some((command) => command.name() === name)) return [...topic, '--help']
  throw usage(`there is no command '${name}'`, 'See evergrant --help.')
}

/** Before the options are understood, or where they cannot be. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json')
}

/** One line, in our words around commander's. */
function misread({ message }: CommanderError): Error {
  const text = message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/\.$/, '')
  return usage(text, 'See evergrant --help.')
}
