import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Behaviour, Seen } from './behaviour.ts'
import type { Order, Word } from './server.ts'

/** The server of one contestant in one scenario. */
export interface Rig extends Disposable {
  readonly url: string
  /** The refresh token of its one grant, as it was issued first. */
  readonly refreshToken: string
  /** Puts a new grant in the place of the one that there was. */
  newGrant(): Promise<void>
  /** By how many seconds answers overstate the life of a token, so that a fixed margin begins where the others begin. */
  overstate(seconds: number): Promise<void>
  /** From now on it answers so, and counts anew. */
  behave(behaviour: Partial<Behaviour>): Promise<void>
  seen(): Promise<Seen>
}

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url))

export async function startRig(): Promise<Rig> {
  const child = fork(SERVER, { execArgv: [] })

  async function tell<Answer extends Word>(order: Order): Promise<Answer> {
    child.channel?.ref()
    const answered = once(child, 'message')
    child.send(order)
    const [answer] = await answered
    child.channel?.unref()
    return answer as Answer
  }

  const [started] = (await once(child, 'message')) as [Extract<Word, { url: string }>]
  let { refreshToken } = started
  // Nothing of the bench is to keep a process alive that a client would let end.
  child.unref()
  child.channel?.unref()
  return {
    url: started.url,
    get refreshToken() {
      return refreshToken
    },
    async newGrant() {
      ;({ refreshToken } = await tell<Extract<Word, { refreshToken: string }>>({ ask: 'new grant' }))
    },
    overstate: async (seconds) => void (await tell({ overstate: seconds })),
    behave: async (behave) => void (await tell({ behave })),
    seen: async () => (await tell<Extract<Word, { seen: Seen }>>({ ask: 'seen' })).seen,
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}
