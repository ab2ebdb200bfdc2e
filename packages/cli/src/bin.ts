#!/usr/bin/env node
// A Node too old for the rest has to get as far as this check: no import before it, and no syntax that is new.
const version = process.versions.node
if (Number.parseInt(version, 10) < 22) {
  process.stderr.write(
    `evergrant: Node ${version} is too old (usage)\n  Install Node 22 or newer: https://nodejs.org/en/download\n`,
  )
  process.exitCode = 2
} else {
  void runCommand()
}

async function runCommand(): Promise<void> {
  // Until the command has ended: a process that runs out of work before that has not done what it was asked.
  process.exitCode = 1
  const [{ run }, { processIo }] = await Promise.all([import('./main.ts'), import('./terminal/process-io.ts')])
  // Not process.exit(): what is still being written would be cut off.
  process.exitCode = await run(process.argv.slice(2), processIo())
}
