import type { Io } from '../io.ts'
import { paintFor } from '../output/paint.ts'
import { liveView } from '../terminal/live-view.ts'
import type { Progress } from './doctor-ports.ts'
import { findingView } from './findings-view.ts'

/**
 * Findings on stdout as they come, unless there is to be JSON; on a terminal, what is under way in a line of stderr that
 * goes again.
 */
export function showProgress({ stdout, stderr, env }: Io, json: boolean): Progress & Disposable {
  const paintOut = paintFor(stdout, env)
  const paintErr = paintFor(stderr, env)
  const live = stderr.isTTY === true ? liveView(stderr) : null
  const clear = (): void => live?.show('')
  return {
    begin: (what) => live?.show(`${paintErr('dim', `${what} …`)}\n`),
    found(findings) {
      clear()
      if (json) return
      for (const finding of findings) stdout.write(findingView(finding, paintOut))
    },
    say(text) {
      clear()
      stderr.write(`${text}\n`)
    },
    [Symbol.dispose]: clear,
  }
}
