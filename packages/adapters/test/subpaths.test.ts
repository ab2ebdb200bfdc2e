import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it, onTestFinished } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest
const subpaths = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => path.slice(2))

/** What each subpath needs when it runs, beyond types. Those that are not here need nothing. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  tastytrade: ['ky'],
  'tastytrade-legacy': ['ky'],
  oauth2: ['oauth4webapi'],
  axios: ['axios'],
  'tastytrade-api': ['axios'],
  keyring: ['@napi-rs/keyring'],
  redis: ['redis'],
  postgres: ['pg'],
  react: ['react'],
  vue: ['vue'],
  svelte: ['svelte'],
  solid: ['solid-js'],
  angular: ['@angular/core'],
  opentelemetry: ['@opentelemetry/api'],
  inspector: ['xstate'],
}
const GIVES: Readonly<Record<string, readonly string[]>> = {
  tastytrade: ['createTastytrade', 'quoteTokens', 'tastytrade'],
  'tastytrade-legacy': ['tastytradeLegacy'],
  oauth2: ['dpopFetch', 'oauth2'],
  presets: ['presetFacts', 'presets'],
  keeper: ['keeperProvider'],
  ky: ['bearer'],
  fetch: ['bearerFetch'],
  axios: ['bearer'],
  undici: ['bearer'],
  'tastytrade-api': ['driveTastytradeClient'],
  websocket: ['accountStreamer', 'tokenSocket'],
  file: ['fileStore', 'leaseHolders'],
  env: ['envCredentials'],
  encrypted: ['encryptedStore'],
  keyring: ['keyringStore'],
  unstorage: ['unstorageStore'],
  redis: ['redisStore'],
  postgres: ['postgresStore'],
  sqlite: ['backupSqlite', 'sqliteStore'],
  'web-storage': ['webStorageStore'],
  indexeddb: ['indexedDbStore'],
  react: ['useStatus', 'useToken'],
  vue: ['useStatus', 'useToken'],
  svelte: ['statusOf', 'tokenOf'],
  solid: ['createStatus', 'createToken'],
  angular: ['injectStatus', 'injectToken'],
  opentelemetry: ['observeSession'],
  inspector: ['inspectSession'],
}

const packageOf = (path: string): string => path.split('/', path.startsWith('@') ? 2 : 1).join('/')

/** The packages that a subpath imports when it runs, however deep. */
async function importsOf(subpath: string): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [join(ROOT, `src/${subpath}.ts`)],
    bundle: true,
    write: false,
    metafile: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  })
  const paths = Object.values(metafile.inputs).flatMap(({ imports }) => imports)
  const outside = paths.filter(({ external, path }) => external === true && !path.startsWith('node:'))
  const own = new Set(Object.keys(manifest.dependencies))
  return [...new Set(outside.map(({ path }) => packageOf(path)))].filter((name) => !own.has(name)).toSorted()
}

/** A copy of the adapters where none of the peers is installed. */
function withoutPeers(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'evergrant-alone-')))
  cpSync(join(ROOT, 'src'), join(folder, 'src'), { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(ROOT, 'node_modules', name)), link, 'junction')
  }
  return folder
}

/** Imports every subpath, and says of each what it gives, or the error. */
const PROGRAM = `
const said = {}
for (const subpath of ${JSON.stringify(subpaths)}) {
  said[subpath] = await import('./src/' + subpath + '.ts').then(
    (given) => Object.keys(given).sort(),
    (error) => error.code + ' ' + error.message,
  )
}
console.log(JSON.stringify(said))
`

function importAll(folder: string): Readonly<Record<string, string | readonly string[]>> {
  const words = ['--conditions=@evergrant/source', '--input-type=module', '--eval', PROGRAM]
  return JSON.parse(execFileSync(process.execPath, words, { cwd: folder, encoding: 'utf8' })) as ReturnType<
    typeof importAll
  >
}

describe('the subpaths', () => {
  it('are all known here', () => {
    expect(Object.keys(GIVES).toSorted()).toEqual(subpaths.toSorted())
    const peers = new Set([...Object.values(NEEDS).flat(), 'ky', 'undici', 'unstorage', '@statelyai/inspect'])
    expect([...peers].toSorted()).toEqual(Object.keys(manifest.peerDependencies).toSorted())
  })

  it('give what they say, and no more', () => {
    expect(importAll(ROOT)).toEqual(GIVES)
  })

  it.for(subpaths)('/%s loads the library that it is for, and no other', async (subpath) => {
    expect(await importsOf(subpath)).toEqual(NEEDS[subpath] ?? [])
  })

  it('work where no peer is installed, or name the one that is missing', () => {
    const folder = withoutPeers()
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const said = importAll(folder)
    for (const subpath of subpaths) {
      const [missing] = NEEDS[subpath] ?? []
      if (missing === undefined) expect(said[subpath]).toEqual(GIVES[subpath])
      else expect(said[subpath]).toContain(`ERR_MODULE_NOT_FOUND Cannot find package '${missing}'`)
    }
  })
})
