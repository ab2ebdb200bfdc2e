import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Ms for an installer or a runtime. */
const PATIENCE = 180_000

/** What a program says. Rejects with all that it said, if it fails. */
export async function run(file: string, words: readonly string[], cwd: string): Promise<string> {
  try {
    return (await execute(file, [...words], { cwd, timeout: PATIENCE, maxBuffer: 2 ** 26 })).stdout
  } catch (cause) {
    const {
      message,
      stdout = '',
      stderr = '',
    } = cause as Error & { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`${message}\n${stdout}\n${stderr}`.trim().slice(0, 2_000), { cause })
  }
}

export function pnpm(words: readonly string[], cwd: string): Promise<string> {
  return run('npx', ['--yes', '--prefer-offline', 'pnpm@12.18.0', ...words], cwd)
}
