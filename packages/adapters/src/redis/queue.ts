/** One at a time for each key, in the order of asking. */
export interface Queue {
  /** Rejects with the reason of `signal` if that aborts before the turn comes; whoever is behind moves up. */
  run<T>(key: string, signal: AbortSignal, turn: () => Promise<T>): Promise<T>
}

type Line = (() => void)[]

export function createQueue(): Queue {
  /** Who waits; there is a line, perhaps an empty one, while somebody has the turn. */
  const lines = new Map<string, Line>()
  return {
    async run(key, signal, turn) {
      signal.throwIfAborted()
      const line = lines.get(key)
      if (line === undefined) lines.set(key, [])
      else await standIn(line, signal)
      try {
        return await turn()
      } finally {
        const next = lines.get(key)?.shift()
        if (next === undefined) lines.delete(key)
        else next()
      }
    },
  }
}

function standIn(line: Line, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = () => {
      signal.removeEventListener('abort', leave)
      resolve()
    }
    const leave = () => {
      line.splice(line.indexOf(go), 1)
      reject(signal.reason as Error)
    }
    line.push(go)
    signal.addEventListener('abort', leave, { once: true })
  })
}
