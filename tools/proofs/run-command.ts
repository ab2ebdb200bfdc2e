import { spawn } from 'node:child_process'

export interface Ended {
  /** `null` if it had to be killed. */
  readonly code: number | null
  /** What it printed, on both streams. */
  readonly output: string
}

/** Runs Node with these parameters, for at most so many ms; then it and all its children are killed. */
export function runNode(parameters: readonly string[], cwd: string, patience: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: '1' }
    // A group of its own, so that what it has started ends with it.
    const child = spawn(process.execPath, parameters, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has just ended by itself.
      }
    }
    const timer = setTimeout(end, patience)
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output })
    })
  })
}
