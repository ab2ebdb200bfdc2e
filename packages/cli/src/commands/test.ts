import type { Command } from 'commander'
import { presentToken } from '../account/present-token.ts'
import { withChosenSession } from '../account/with-session.ts'
import { exitCodeOfStatus } from '../output/exit-code.ts'
import { formatMoment } from '../output/moment.ts'
import { callApi } from '../request/call-api.ts'
import {
  withAccount,
  withExamples,
  withToken,
  type CommandPorts,
  type CommonFlags,
  type TokenFlags,
} from './command-ports.ts'

/** Answers to whoever the token belongs to; the least that a login gives access to. */
const PATH = '/customers/me'
/** Ms for that request. */
const MAX_TIME = 30_000

/** `evergrant test`: whether this account can use the API, said by the exit code, and at a terminal in one line too. */
export function addTest(program: Command, ports: CommandPorts): void {
  const test = program
    .command('test')
    .description('try the account: a token, and one request to the API; the exit code is the answer')
  withExamples(withAccount(withToken(test)), [
    ['evergrant test && node bot.js', 'starts the bot only if the account works'],
  ]).action(async (flags: CommonFlags & TokenFlags) => ports.endWith(await tryAccount(flags, ports)))
}

async function tryAccount(flags: CommonFlags & TokenFlags, { io }: CommandPorts): Promise<number> {
  return withChosenSession(flags, io, async (session) => {
    const { signal } = io.interrupts
    const { expiresAt } = await presentToken(
      session,
      { minTtl: flags.minTtl, maxWait: flags.timeout, signal },
      io.clock,
    )
    const url = `${session.provider.apiBaseUrl}${PATH}`
    return callApi(session, { url, method: 'GET', headers: new Headers(), maxTime: MAX_TIME }, io, async (response) => {
      await response.body?.cancel()
      const { status } = response
      // A script reads the exit code; a person would see nothing at all.
      if (io.stdout.isTTY === true && flags.json !== true) {
        const until = formatMoment(expiresAt, io.clock.now())
        io.stdout.write(status < 400 ? `Usable token, until ${until}\n` : `The API answers ${status}.\n`)
      }
      return exitCodeOfStatus(status)
    })
  })
}
