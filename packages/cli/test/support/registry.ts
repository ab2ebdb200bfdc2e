import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { VERSION } from '../../src/version.ts'

/** A registry on loopback that has one package, `evergrant`, so that `npm install evergrant` is just that. */
export interface Registry extends AsyncDisposable {
  readonly url: string
}

/** `bin`: of `bundleBin()`, with all that it needs beside it. */
export async function openRegistry(bin: string): Promise<Registry> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'evergrant-registry-'))
  layPackage(bin, join(folder, 'package'))
  const archive = join(folder, 'evergrant.tgz')
  execFileSync('tar', ['-czf', archive, '-C', folder, 'package'])
  const bytes = readFileSync(archive)
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`

  const server = createServer(({ url: path, headers: { host } }, response) => {
    if (path === '/evergrant.tgz') response.end(bytes)
    else if (path !== '/evergrant') response.writeHead(404).end()
    else response.end(JSON.stringify(listing({ tarball: `http://${host}/evergrant.tgz`, integrity })))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true })
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const MANIFEST = { name: 'evergrant', version: VERSION, type: 'module', bin: { evergrant: 'bin.mjs' } }

function listing(dist: { readonly tarball: string; readonly integrity: string }) {
  return {
    name: MANIFEST.name,
    'dist-tags': { latest: VERSION },
    versions: { [VERSION]: { ...MANIFEST, dist } },
  }
}

/** Writes the package as npm unpacks it. */
function layPackage(bin: string, folder: string): void {
  mkdirSync(folder)
  cpSync(dirname(bin), folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(MANIFEST))
}
