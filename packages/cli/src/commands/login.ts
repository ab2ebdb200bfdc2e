import { Option, type Command } from 'commander'
import type { Keeping } from '../login/choose-place.ts'
import type { LoginReport } from '../login/complete-login.ts'
import type { Scope } from '../login/login-ports.ts'
import type { LoginOptions, Way } from '../login/login.ts'
import { formatMoment } from '../output/moment.ts'
import { writeJson } from '../output/write-json.ts'
import { openBrowser } from '../terminal/browser.ts'
import { terminalPrompts } from '../terminal/prompts.ts'
import { parsePort, withAccount, withExamples, type CommandPorts, type CommonFlags } from './command-ports.ts'

interface LoginFlags extends CommonFlags {
  readonly way?: Way
  readonly scope?: Scope
  /** False with `--no-browser`. */
  readonly browser: boolean
  readonly redirectUri?: string
  readonly port?: number
  readonly authorizeUrl?: string
  readonly keep?: Keeping
  readonly showRefreshToken?: boolean
}

/** `evergrant login`: the wizard of `src/login`. */
export function addLogin(program: Command, ports: CommandPorts): void {
  const login = program
    .command('login')
    .description('log in, step by step; saves what works, and nothing before it has worked')
    .addOption(
      new Option('--way <way>', 'how to log in (default: asks)').choices(['personal-grant', 'authorization-code']),
    )
    .addOption(new Option('--scope <scope>', 'what the login may do (default: read)').choices(['read', 'trade']))
    .addOption(
      new Option('--keep <kind>', 'how a new store is kept (default: asks)').choices(['file', 'encrypted', 'keychain']),
    )
    .option('--no-browser', 'open none; paste back the address at which the browser ends, as over SSH')
    .option('--redirect-uri <uri>', 'as it is registered (default: http://localhost:8000)')
    .option('--port <number>', 'for the local page to listen on', parsePort)
    .option('--authorize-url <url>', "the server's login page, in place of the environment's own")
    .option('--show-refresh-token', 'print the refresh token when it has worked')
  withExamples(withAccount(login), [
    ['evergrant login', 'asks for everything'],
    ['evergrant login --env sandbox --account second', 'another account, in the same store'],
    [
      'evergrant login --way authorization-code --no-browser',
      'over SSH: open the address anywhere, paste back where it ends',
    ],
  ]).action((flags: LoginFlags) => logIn(flags, ports))
}

async function logIn(flags: LoginFlags, { io }: CommandPorts): Promise<void> {
  // Only here: no other command needs the page and its server.
  const { login } = await import('../login/login.ts')
  const prompts = await terminalPrompts(io)
  const report = await login(optionsOf(flags), { io, prompts, openBrowser: (url) => openBrowser(url, io) })
  tell(report, flags, io)
}

function optionsOf(flags: LoginFlags): LoginOptions {
  const { way, scope, browser, redirectUri, port, authorizeUrl, keep } = flags
  const scopes: readonly Scope[] = scope === 'trade' ? ['read', 'trade'] : ['read']
  return { flags, way, scopes, browser, redirectUri, port, authorizeUrl, keeping: keep }
}

function tell(report: LoginReport, flags: LoginFlags, { stdout, clock }: CommandPorts['io']): void {
  const { account, environment, scope, expiresAt, place } = report
  const refreshToken = flags.showRefreshToken === true ? report.refreshToken.reveal() : null
  if (flags.json === true) {
    const shown = refreshToken === null ? {} : { refreshToken }
    writeJson(stdout, { account, environment, scope, expiresAt, place, ...shown })
    return
  }
  const may = scope === null ? '' : `, scope ${scope}`
  stdout.write(`Logged in: account ${account} at ${environment}${may}. Saved in ${place}.\n`)
  stdout.write(
    `Its access token expires ${formatMoment(expiresAt, clock.now())}, and is renewed when it is asked for.\n`,
  )
  if (refreshToken !== null) stdout.write(`Refresh token: ${refreshToken}\n`)
}
