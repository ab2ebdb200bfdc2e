import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeStoreContract } from '@evergrant/testing'
import { createStorage, type Driver } from 'unstorage'
import fs from 'unstorage/drivers/fs'
import fsLite from 'unstorage/drivers/fs-lite'
import http from 'unstorage/drivers/http'
import lruCache from 'unstorage/drivers/lru-cache'
import memory from 'unstorage/drivers/memory'
import { createStorageServer } from 'unstorage/server'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { unstorageStore } from '../src/unstorage.ts'

// Nothing here waits for time; files and loopback are slow on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/** One Storage for a place: within a process, two stores over it are two instances of one. */
function overDriver(name: string, createDriver: () => Driver, dispose?: () => void): void {
  describeStoreContract(
    `unstorageStore over ${name}`,
    () => {
      const storage = createStorage({ driver: createDriver() })
      return {
        open: () => unstorageStore(storage),
        async dispose() {
          await storage.dispose()
          dispose?.()
        },
      }
    },
    { describe, it, opensTwice: true },
  )
}

let folder = ''
function freshFolder(): string {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'evergrant-unstorage-'))
  return folder
}
const removeFolder = (): void => rmSync(folder, { recursive: true, force: true })

let server: Server
let base = ''
let places = 0
beforeAll(async () => {
  server = createServer(createStorageServer(createStorage()).handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

overDriver('memory', () => memory())
overDriver('lru-cache', () => lruCache({}))
overDriver('fs', () => fs({ base: freshFolder() }), removeFolder)
overDriver('fs-lite', () => fsLite({ base: freshFolder() }), removeFolder)
overDriver('http, to a server of unstorage on loopback', () => http({ base: `${base}/${(places += 1)}` }))

describeStoreContract(
  'unstorageStore over fs, with the watch of the driver',
  () => {
    const storage = createStorage({ driver: fs({ base: freshFolder(), watchOptions: { persistent: false } }) })
    return {
      open: () => unstorageStore(storage, { watchDriver: true }),
      async dispose() {
        await storage.dispose()
        removeFolder()
      },
    }
  },
  { describe, it, opensTwice: true },
)
