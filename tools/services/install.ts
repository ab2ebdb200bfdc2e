import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Service } from './needed.ts'

/** Ms for the system's package manager. */
const PATIENCE = 300_000

/** Installs what is missing where that is allowed: on Debian, as root. Says so, and does not fail. */
export function install(services: readonly Service[]): void {
  const packages = [...new Set(services.flatMap((service) => service.packages))]
  const may = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (!may || packages.length === 0) return
  console.error(`The tests need ${packages.join(', ')}: apt-get is asked for them, which may take some minutes.`)
  try {
    aptGet('update', '-q')
  } catch {
    // The lists that are there may do.
  }
  try {
    aptGet('install', '-y', '-q', '--no-install-recommends', ...packages)
  } catch (error) {
    console.error(`apt-get has not brought them: ${(error as Error).message.split('\n')[0]}`)
  }
}

function aptGet(...words: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', words, { stdio: ['ignore', 'ignore', 'inherit'], timeout: PATIENCE, env })
}
