import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import type { Clock } from '@evergrant/core'
import { describeCanaries, type CanaryPlace } from '@evergrant/testing'
import { describe, it, vi } from 'vitest'
import { storePaths } from './store-paths.ts'

interface FilePlace extends CanaryPlace {
  readonly path: string
}

function createPlace(clock: Clock): FilePlace {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'evergrant-canaries-'))
  const path = join(folder, '.secrets')
  return {
    path,
    open: () => fileStore(path, { clock }),
    visible: () => readdirSync(folder, { withFileTypes: true }).map((entry) => nameOf(folder, entry)),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A link tells what it points to in every listing of its folder. */
function nameOf(folder: string, entry: { readonly name: string; isSymbolicLink(): boolean }): string {
  return entry.isSymbolicLink() ? `${entry.name} -> ${readlinkSync(join(folder, entry.name))}` : entry.name
}

/** Puts another text in the place of the file, and back. */
function replaced(write: (path: string, text: string) => void) {
  return ({ path }: FilePlace): (() => void) => {
    const kept = `${path}.kept`
    if (existsSync(path)) renameSync(path, kept)
    write(path, existsSync(kept) ? readFileSync(kept, 'utf8') : '')
    return () => {
      rmSync(path, { recursive: true, force: true })
      if (existsSync(kept)) renameSync(kept, path)
    }
  }
}

const put = (path: string, text: string) => writeFileSync(path, text, { mode: 0o600 })

// A walk takes a few hundred milliseconds, and many times that on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

describeCanaries(
  'the file store',
  {
    createPlace,
    troubles: {
      'a file that is cut in the middle': replaced((path, text) => put(path, text.slice(0, text.length / 2))),
      'a file that is no JSON': replaced((path, text) => put(path, text.replaceAll('"', ''))),
      'a file whose entries are texts': replaced((path, text) =>
        put(path, JSON.stringify({ format: 'evergrant', version: 1, entries: { 'grant/default': text } })),
      ),
      'a file of a newer version': replaced((path, text) =>
        put(path, text.replace(/"version": \d+/, '"version": 999')),
      ),
      'an empty file': replaced((path) => put(path, '')),
      'a folder in its place': replaced((path) => mkdirSync(path)),
      'a file that others may read': replaced((path, text) => {
        put(path, text)
        chmodSync(path, 0o644)
      }),
    },
  },
  storePaths('file', { describe, it }),
)
