import { setTimeout as pause } from 'node:timers/promises'

/** What came of a call: a token, or the code of a problem. */
export interface Call {
  readonly account: string
  readonly result: 'token' | (string & {})
  /** Ms. */
  readonly took: number
}

/** Bots that ask for tokens all the time, each at another replica in turn. */
export interface Bots extends AsyncDisposable {
  readonly calls: readonly Call[]
  /** How often a bot went on to the next replica. */
  readonly moves: number
}

export interface BotsOptions {
  readonly urls: readonly string[]
  readonly apiKey: string
  readonly accounts: readonly string[]
}

const BOTS_PER_ACCOUNT = 3
/** Ms between two calls of a bot, for one try at a replica, and for a call in all. */
const REST = 250
const TRY = 4_000
const BOUND = 20_000
/** Where another replica may do better. */
const ELSEWHERE: ReadonlySet<string> = new Set(['unreachable', 'draining', 'store-unavailable', 'wait-timeout'])

export function startBots({ urls, apiKey, accounts }: BotsOptions): Bots {
  const calls: Call[] = []
  let moves = 0
  const ended = new AbortController()

  async function askOne(url: string, account: string): Promise<string> {
    try {
      const headers = { authorization: `Bearer ${apiKey}` }
      const signal = AbortSignal.timeout(TRY)
      const answer = await fetch(`${url}/api/v1/token?account=${account}`, { headers, signal })
      const { code } = (await answer.json()) as { readonly code?: string }
      return answer.ok ? 'token' : (code ?? 'untyped')
    } catch {
      return 'unreachable'
    }
  }

  async function ask(account: string, first: number): Promise<string> {
    const until = performance.now() + BOUND
    for (let turn = first; ; turn += 1) {
      const result = await askOne(urls[turn % urls.length] ?? '', account)
      if (!ELSEWHERE.has(result) || performance.now() > until) return result
      moves += 1
      await pause(REST)
    }
  }

  async function bot(account: string, number: number): Promise<void> {
    for (let turn = number; !ended.signal.aborted; turn += 1) {
      const began = performance.now()
      const result = await ask(account, turn)
      calls.push({ account, result, took: Math.round(performance.now() - began) })
      await pause(REST)
    }
  }

  const running = accounts.flatMap((account) => Array.from({ length: BOTS_PER_ACCOUNT }, (_, n) => bot(account, n)))
  return {
    calls,
    get moves() {
      return moves
    },
    async [Symbol.asyncDispose]() {
      ended.abort()
      await Promise.all(running)
    },
  }
}
