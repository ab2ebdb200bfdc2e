import { onTestFinished, vi } from 'vitest'

/** Lets child processes find the sources of these packages, as this process does. For one test. */
export function runFromSource(): void {
  vi.stubEnv('NODE_OPTIONS', '--conditions=@evergrant/source')
  onTestFinished(() => void vi.unstubAllEnvs())
}
