import { tastytrade } from '@evergrant/adapters/tastytrade'
import { memoryStore } from '@evergrant/core'
import { createKeeper, type Keeper } from '@evergrant/keeper'
import { fakeTastytrade, type FakeCredentials } from '@evergrant/testing'
import { USER_AGENT } from '../account/open-provider.ts'
import type { Io } from '../io.ts'
import { usage } from '../output/command-error.ts'
import { writeJson } from '../output/write-json.ts'
import { environmentLines, shellOf } from '../sandbox/environment-lines.ts'
import { listenOptions, started } from './listen-options.ts'
import type { ServeLog } from './serve-log.ts'
import type { ServeFlags } from './serve.ts'
import { untilTold } from './until-told.ts'

const ACCOUNT = 'demo'
/** Of another place than the sandbox has. */
const OF_ELSEWHERE = ['store', 'keyFile', 'previousKeyFile', 'env', 'baseUrl'] as const

/** A keeper to try: a fake tastytrade behind it, an account in it, and a key that may use it. Nothing outlives it. */
export async function runServeSandbox(flags: ServeFlags, io: Io, log: ServeLog): Promise<void> {
  if (OF_ELSEWHERE.some((name) => flags[name] !== undefined)) {
    throw usage('--sandbox brings a server and a store of its own', 'Leave out where accounts are kept, and --env.')
  }
  const listening = await listenOptions(flags, io)
  const fake = fakeTastytrade({ clock: io.clock })
  await using behind = await fake.listen()
  await using keeper = createKeeper({
    provider: tastytrade({ environment: 'sandbox', baseUrl: behind.url, userAgent: USER_AGENT }),
    store: memoryStore(),
    // In memory, and invented.
    sealing: 'sealed-already',
    clock: io.clock,
    audit: log.audit,
    renew: flags.renew,
    openMetrics: flags.openMetrics,
  })
  const { url } = await started(() => keeper.listen(listening))
  const admin = await keeper.keys.create({ name: 'admin', scopes: ['admin'], accounts: '*' })
  await post(keeper, admin.key.reveal(), fake.credentials)
  const bot = await keeper.keys.create({ name: 'demo bot', scopes: ['token', 'proxy'], accounts: [ACCOUNT] })
  const variables = { KEEPER: url, KEEPER_KEY: bot.key.reveal(), KEEPER_ADMIN_KEY: admin.key.reveal() }
  log.listening(url)
  if (flags.json === true) writeJson(io.stdout, { event: 'sandbox', account: ACCOUNT, ...variables })
  else io.stdout.write(toPaste(variables, fake.grant.accountNumbers[0] ?? ''))
  await untilTold(keeper, log, io)
}

async function post(keeper: Keeper, key: string, credentials: FakeCredentials): Promise<void> {
  const { clientId: client_id, clientSecret: client_secret, refreshToken: refresh_token } = credentials
  const request = new Request('http://127.0.0.1/api/v1/credentials', {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ account: ACCOUNT, client_id, client_secret, refresh_token }),
  })
  const { status } = await keeper.fetch(request)
  if (status !== 201) throw new Error(`The keeper answered ${status}`)
}

function toPaste(variables: Readonly<Record<string, string>>, number: string): string {
  const shell = shellOf(process.platform)
  const lines = environmentLines(variables, shell)
  const [url, key, admin] =
    shell === 'posix'
      ? ['$KEEPER', '$KEEPER_KEY', '$KEEPER_ADMIN_KEY']
      : ['$env:KEEPER', '$env:KEEPER_KEY', '$env:KEEPER_ADMIN_KEY']
  const curl = shell === 'posix' ? "curl -s -w '\\n'" : "curl.exe -s -w '\\n'"
  return (
    `Behind it is a fake tastytrade, in it the account "${ACCOUNT}". Paste this into another terminal:\n\n${lines}\n` +
    `${curl} -H "X-API-Key: ${key}" "${url}/api/v1/token"\n` +
    `${curl} -H "X-API-Key: ${key}" "${url}/api/v1/accounts"\n` +
    `${curl} -H "X-API-Key: ${key}" "${url}/api/v1/balances?account_id=${number}"\n` +
    `${curl} -H "X-API-Key: ${admin}" "${url}/api/v1/credentials"\n` +
    `${curl} -N -H "X-API-Key: ${key}" "${url}/api/v1/events"\n`
  )
}
