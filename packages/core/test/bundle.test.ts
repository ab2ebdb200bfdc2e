import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url))

/** Core as a page would load it: one script that leaves what it exports in `evergrant`. */
const { outputFiles, metafile } = await build({
  entryPoints: [entry],
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  platform: 'browser',
  format: 'iife',
  globalName: 'evergrant',
  target: 'es2023',
  conditions: ['@evergrant/source'],
  // What cannot be bundled stays an import, for the tests below to find.
  external: ['node:*', ...builtinModules],
  logLevel: 'silent',
})
const code = outputFiles[0]?.text ?? ''

/** What browsers and workers have in common, as far as core may use it. */
function webGlobals() {
  return {
    AbortController,
    AbortSignal,
    clearTimeout,
    console,
    crypto: globalThis.crypto,
    DOMException,
    Event,
    EventTarget,
    performance,
    queueMicrotask,
    setTimeout,
    structuredClone,
    TextEncoder,
  }
}

describe('core, bundled for a browser', () => {
  it('imports nothing of Node', () => {
    const imports = Object.values(metafile.inputs).flatMap(({ imports: all }) => all)
    expect(imports.length).toBeGreaterThan(50)
    expect(imports.filter(({ path, external }) => external === true || path.startsWith('node:'))).toEqual([])
    expect(code).not.toMatch(/\brequire\(|["']node:/)
  })

  it('is made of the sources of core, and of no more than its dependencies', () => {
    const packages = Object.keys(metafile.inputs).map(
      (path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? 'core',
    )
    expect(new Set(packages)).toEqual(new Set(['core', '@noble/hashes', 'rxjs', 'tslib', 'xstate', 'zod']))
  })

  it('can be loaded where nothing may be begun yet, as in the global scope of a Worker', () => {
    function notYet(): never {
      throw new Error('not while a module loads')
    }
    const begins = { AbortController: notYet, setTimeout: notYet, fetch: notYet, crypto: { getRandomValues: notYet } }
    const context = createContext({ ...webGlobals(), ...begins })
    runInContext(code, context)
    expect(runInContext('typeof evergrant.createSession', context)).toBe('function')
  })

  it('fetches, renews and ends with nothing but the globals of the web', async () => {
    const context = createContext(webGlobals())
    expect(runInContext('typeof process + typeof Buffer + typeof setImmediate + typeof require', context)).toBe(
      'undefined'.repeat(4),
    )
    runInContext(code, context)
    const story: unknown = await runInContext(
      `(async () => {
        const { createSession, accessToken } = evergrant
        const story = []
        let issued = 0
        const provider = {
          issuer: 'https://server.test',
          async requestToken(credentials) {
            story.push('asked with ' + credentials.refreshToken.reveal())
            issued += 1
            return { accessToken: 'access-' + issued, expiresIn: 900, refreshToken: 'refresh-' + (issued + 1) }
          },
        }
        const session = createSession({
          provider,
          credentials: { clientSecret: 'secret-1', refreshToken: 'refresh-1' },
          policy: { floor: 0 },
        })
        session.token$.subscribe({
          next: (token) => story.push(token === null ? 'no token' : token.authorization),
          complete: () => story.push('complete'),
        })
        const first = await session.getToken()
        const second = await session.refresh()
        story.push(first.generation + ' then ' + second.generation, session.getSnapshot().state)
        await session.dispose()
        await session.getToken().catch((error) => story.push(error.code))
        return story.join(', ')
      })()`,
      context,
    )
    expect(story).toBe(
      [
        'no token',
        'asked with refresh-1',
        'Bearer access-1',
        'asked with refresh-2',
        'Bearer access-2',
        '1 then 2',
        'valid',
        'complete',
        'disposed',
      ].join(', '),
    )
  })
})
