import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const FLAGS = ['--conditions=@evergrant/source', '--expose-gc', '--max-old-space-size=6144']

/** Runs a program that says one line of JSON, and gives what it says. `input` goes to it on its standard input. */
export async function runChild(program: URL, parameters: readonly string[], input: unknown): Promise<unknown> {
  const child = spawn(process.execPath, [...FLAGS, fileURLToPath(program), ...parameters], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(input))
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (code !== 0) throw new Error(`${program.pathname} ended with ${String(code)}`)
  return JSON.parse(said)
}
