import type { ConsoleOptions, Outcome, Running } from '../support/console.ts'
import { createRig, type Rig } from '../support/rig.ts'

/** A home folder without a keeper yet, a fake tastytrade, and the command line. */
export interface KeeperRig extends Rig {
  /** Where the default store is. */
  readonly data: string
  readonly home: Readonly<Record<string, string>>
  run(argv: readonly string[], options?: Partial<ConsoleOptions>): Promise<Outcome>
  /** Makes the admin key; gives it. */
  admin(): Promise<string>
  /** Starts `serve` on a free port; gives where it listens. */
  serve(
    argv?: readonly string[],
    options?: Partial<ConsoleOptions>,
  ): Promise<{ readonly url: string; readonly running: Running }>
}

const ADDRESS = /https?:\/\/[\w.:[\]]+:\d+/

export async function createKeeperRig(): Promise<KeeperRig> {
  const rig = await createRig()
  const home = { ...rig.env, HOME: rig.folder, XDG_DATA_HOME: `${rig.folder}/data` }
  const start: KeeperRig['start'] = (argv, options = {}) => rig.start(argv, { env: home, ...options })
  const run: KeeperRig['run'] = (argv, options) => start(argv, options).ended
  return {
    ...rig,
    data: `${rig.folder}/data/evergrant`,
    home,
    start,
    run,
    async admin() {
      const { code, out, err } = await run(['keys', 'create', '--admin'])
      if (code !== 0) throw new Error(err)
      return out.trim()
    },
    async serve(argv = [], options = {}) {
      const running = start(['serve', '--port', '0', ...argv], options)
      await Promise.race([
        running.saw('isten'),
        running.ended.then(({ err }) => Promise.reject(new Error(`It ended: ${err}`))),
      ])
      return { url: urlIn(running.out()), running }
    },
  }
}

export function urlIn(text: string): string {
  return ADDRESS.exec(text)?.[0] ?? ''
}

/** Posts credentials to a keeper; gives the status. */
export async function post(
  url: string,
  key: string,
  account: string,
  credentials: { readonly clientSecret: string; readonly refreshToken: string },
): Promise<number> {
  const { status } = await fetch(`${url}/api/v1/credentials`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      account,
      client_secret: credentials.clientSecret,
      refresh_token: credentials.refreshToken,
    }),
  })
  return status
}

/** Asks for a token. */
export function askToken(url: string, key: string, account: string): Promise<Response> {
  return fetch(`${url}/api/v1/token?account=${account}`, { headers: { authorization: `Bearer ${key}` } })
}
