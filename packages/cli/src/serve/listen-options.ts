import { KeeperError, type ListenOptions } from '@evergrant/keeper'
import type { Io } from '../io.ts'
import { CommandError } from '../output/command-error.ts'
import { readTls } from './tls-files.ts'

export interface ListenFlags {
  readonly host?: string
  readonly port?: number
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly behindProxy?: boolean
}

/** Throws `usage`, or `unsupported` for files that are of no use. */
export async function listenOptions(flags: ListenFlags, { cwd }: Pick<Io, 'cwd'>): Promise<ListenOptions> {
  const { host, port, tlsCert, tlsKey, behindProxy } = flags
  const tls = await readTls(tlsCert, tlsKey, cwd)
  return { host, port, tls, behindProxy }
}

/** In the words of the command line. */
export async function started<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start()
  } catch (error) {
    if (!(error instanceof KeeperError)) throw error
    const { code, message, help } = error
    if (code === 'keeper-insecure') {
      throw new CommandError(code, {
        message,
        help: 'Give --tls-cert and --tls-key; or --behind-proxy, where a proxy in front of the keeper ends TLS.',
      })
    }
    if (code === 'keeper-cannot-listen') throw new CommandError(code, { message, help: `${help} (--host, --port)` })
    throw error
  }
}
