import { parseArgs } from 'node:util'
import { isEvergrantError } from '@evergrant/core'
import { connectFake, connectOwn } from './connect.ts'
import { printAccounts } from './print-accounts.ts'

const USAGE = `\
Prints a customer, the accounts, their balances and their positions.

  node --conditions=@evergrant/source examples/accounts/main.ts [--live | --sandbox]

  --live      your own accounts, in production
  --sandbox   your own accounts, in the sandbox

With neither: production, if TASTY_CLIENT_SECRET and TASTY_REFRESH_TOKEN are set in the environment or in .env; else
a fake tastytrade that this example starts on loopback.`

const NO_CREDENTIALS = 'There are no credentials: set TASTY_CLIENT_SECRET and TASTY_REFRESH_TOKEN, here or in .env.'

process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  const asked = readArguments(args)
  if (typeof asked === 'string') return complain(`${asked} Try --help.`, 2)
  if (asked.help) {
    console.log(USAGE)
    return 0
  }
  try {
    const own = await connectOwn(asked.sandbox ? 'sandbox' : 'production')
    if (own === null && (asked.live || asked.sandbox)) return complain(NO_CREDENTIALS, 2)
    await using tastytrade = own ?? (await connectFake())
    console.log(`Accounts at ${tastytrade.name}\n`)
    await printAccounts(tastytrade.api, console.log)
    return 0
  } catch (error) {
    if (isEvergrantError(error)) return complain(`${error.message}\n${error.help}`, 1)
    return complain(`tastytrade did not answer as it should: ${(error as Error).message}`, 1)
  }
}

/** The arguments, or what is wrong with them. */
function readArguments(args: string[]): { help?: boolean; live?: boolean; sandbox?: boolean } | string {
  try {
    const flag = { type: 'boolean' } as const
    return parseArgs({ args, options: { live: flag, sandbox: flag, help: { ...flag, short: 'h' } } }).values
  } catch (error) {
    return `${(error as Error).message}.`
  }
}

function complain(text: string, exitCode: number): number {
  console.error(text)
  return exitCode
}
