import { connect } from 'node:net'
import { startOwnServer as startPostgres } from '../../packages/adapters/test/postgres/own-server.ts'
import { startOwnServer as startRedis } from '../../packages/adapters/test/redis/own-server.ts'
import { missingServices } from './needed.ts'

interface Running extends AsyncDisposable {
  readonly url: string
}

/**
 * The servers that tests share: those that the environment names, those on the standard ports, or some of their own until
 * the tests end. A global set-up of vitest; gives its end.
 */
export async function setup(): Promise<() => Promise<void>> {
  const missing = missingServices().map(({ tests }) => tests)
  const own = new AsyncDisposableStack()
  if (!missing.includes('redis')) await share(own, 'REDIS_URL', 6_379, startRedis)
  if (!missing.includes('postgres')) await share(own, 'DATABASE_URL', 5_432, startPostgres)
  return () => own.disposeAsync()
}

async function share(
  own: AsyncDisposableStack,
  name: string,
  standardPort: number,
  start: () => Promise<Running>,
): Promise<void> {
  if (process.env[name] !== undefined || (await answers(standardPort))) return
  process.env[name] = own.use(await start()).url
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
