import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache', import.meta.url))

/**
 * A Chromium: at `CHROMIUM_PATH`, else `chromium` on the PATH, else the one that `@sparticuz/chromium` ships, unpacked once for
 * this checkout.
 */
export async function chromiumExecutable(): Promise<string> {
  const named = process.env['CHROMIUM_PATH']
  if (named !== undefined && named !== '') return named
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, 'chromium')).find((path) => existsSync(path)) ?? unpacked()
}

/** The package itself unpacks in place, so that two who do so at once, or one who is killed, leave half a browser. */
async function unpacked(): Promise<string> {
  const home = join(CACHE, `evergrant-chromium-${packageVersion()}`)
  if (!existsSync(home)) {
    mkdirSync(CACHE, { recursive: true })
    const workshop = mkdtempSync(`${home}.`)
    const before = process.env['TMPDIR']
    try {
      process.env['TMPDIR'] = workshop
      const { default: chromium } = await import('@sparticuz/chromium')
      await chromium.executablePath()
    } finally {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    }
    try {
      renameSync(workshop, home)
    } catch {
      // Somebody else was quicker.
      rmSync(workshop, { recursive: true })
    }
  }
  return join(home, 'chromium')
}

function packageVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium')
  const { version } = JSON.parse(readFileSync(join(entry, '../../package.json'), 'utf8')) as { version: string }
  return version
}
