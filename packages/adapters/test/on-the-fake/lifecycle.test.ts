import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from '@evergrant/core'
import { testLifecycle, type LifecycleDoor } from '@evergrant/testing'
import ky from 'ky'
import { afterAll, describe, it, vi } from 'vitest'
import { bearerFetch } from '../../src/fetch.ts'
import { fileStore } from '../../src/file.ts'
import { bearer } from '../../src/ky.ts'
import { tastytrade } from '../../src/tastytrade.ts'
import { livesOf } from '../support/lives.ts'

// A case may be dozens of lives, on a machine and a disk that have other things to do.
vi.setConfig({ testTimeout: 120_000 })

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'evergrant-lifecycle-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

const provider = ({ fetch, baseUrl }: LifecycleDoor) => tastytrade({ fetch, baseUrl })
const headers = { 'user-agent': 'lifecycle/1.0' }

testLifecycle({ name: 'tastytrade in memory', provider, store: () => memoryStore(), describe, it })

testLifecycle({
  name: 'tastytrade in a file',
  provider,
  store() {
    files += 1
    return fileStore(join(folder, `${files}.secrets`))
  },
  // Each write waits for the disk, so there are fewer paths, and several wait together.
  paths: livesOf('store', 'file'),
  describe,
  it: it.concurrent,
})

testLifecycle({
  name: 'tastytrade behind fetch',
  provider,
  call(session, { fetch, baseUrl }) {
    const authorized = bearerFetch(session, { fetch })
    return () => authorized(`${baseUrl}/customers/me`, { headers })
  },
  paths: livesOf('part', 'fetch'),
  describe,
  it,
})

testLifecycle({
  name: 'tastytrade behind ky',
  provider,
  call(session, { fetch, baseUrl }) {
    const api = ky.create({ ...bearer(session, { fetch }), headers, prefix: baseUrl, retry: 0, timeout: false })
    return () => api.get('customers/me')
  },
  paths: livesOf('part', 'ky'),
  describe,
  it,
})
