import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { OLDEST_NODE } from '../src/doctor/checks/versions.ts'

const BIN = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
const source = readFileSync(BIN, 'utf8')

/** The bin on a Node that says to be of this version, and cannot load anything of the command. */
function runOn(version: string) {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`
  const words = ['--conditions=@evergrant/source', `--import=${preload}`, BIN, '--version']
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('a Node that is too old', () => {
  it('is told in a line, and what to do', () => {
    expect(runOn('20.19.5')).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'evergrant: Node 20.19.5 is too old (usage)\n  Install Node 22 or newer: https://nodejs.org/en/download\n',
    })
    expect(runOn('22.0.0')).toMatchObject({ status: 0, stderr: '' })
  })

  it('can parse what tells it: nothing newer than ES2017 and dynamic imports', () => {
    expect(source).not.toMatch(/^import\b/m)
    const options = { target: 'es2017', supported: { 'dynamic-import': true }, format: 'esm' } as const
    const lowered = transformSync(source, { loader: 'ts', ...options }).code
    const same = transformSync(source, { loader: 'ts', target: 'esnext', format: 'esm' }).code
    expect(lowered).toBe(same)
  })

  it('is the same for the bin, the doctor and the package', () => {
    const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      engines: { node: string }
    }
    expect(engines.node).toBe(`>=${OLDEST_NODE}`)
    expect(source).toContain(`< ${OLDEST_NODE})`)
    expect(source).toContain(`Node ${OLDEST_NODE} or newer`)
  })
})

it('a command whose process runs out of work has not done what it was asked', () => {
  const idle = 'export const run = () => new Promise(() => undefined)'
  const hook = `import { registerHooks } from 'node:module'
registerHooks({
  load: (url, context, next) =>
    url.endsWith('/main.ts') ? { format: 'module', source: ${JSON.stringify(idle)}, shortCircuit: true } : next(url, context),
})`
  const preload = `data:text/javascript,${encodeURIComponent(hook)}`
  const { status, stdout } = spawnSync(process.execPath, ['--conditions=@evergrant/source', `--import=${preload}`, BIN])
  expect({ status, out: String(stdout) }).toEqual({ status: 1, out: '' })
})
