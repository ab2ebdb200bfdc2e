import type { Clock } from '@evergrant/core'
import { describeCanaries, type CanaryPlace } from '@evergrant/testing'
import { createStorage, type Driver } from 'unstorage'
import memory from 'unstorage/drivers/memory'
import { describe, it, vi } from 'vitest'
import { unstorageStore } from '../src/unstorage.ts'
import { storePaths } from './canaries/store-paths.ts'

vi.setConfig({ testTimeout: 60_000 })

interface StoragePlace extends CanaryPlace {
  readonly driver: Driver
}

function createPlace(clock: Clock): StoragePlace {
  const driver = memory()
  const storage = createStorage({ driver })
  return {
    driver,
    open: () => unstorageStore(storage, { clock }),
    visible: () => storage.getKeys(),
    dispose: () => storage.dispose(),
  }
}

/** Puts methods in the place of the driver's own, and back. */
function replaced(methods: (driver: Driver) => Partial<Driver>) {
  return ({ driver }: StoragePlace): (() => void) => {
    const kept = { ...driver }
    Object.assign(driver, methods(kept))
    return () => void Object.assign(driver, kept)
  }
}

/** As a driver would that means well: with all it was given and all it has. */
const tellAll = (driver: Driver) => {
  return (...told: readonly unknown[]): never => {
    const all = JSON.stringify([told, [...((driver.getInstance?.() ?? new Map()) as Map<string, string>)]])
    throw Object.assign(new Error(`failed: ${all}`, { cause: { all } }), { code: all, all })
  }
}

describeCanaries<StoragePlace>(
  'the unstorage store',
  {
    createPlace,
    troubles: {
      'a driver that cannot read and tells all': replaced((driver) => ({ getItem: tellAll(driver) })),
      'a driver that cannot write and tells all': replaced((driver) => ({ setItem: tellAll(driver) })),
      'a driver that gives half of each item': replaced((driver) => ({
        getItem: async (name, options) => JSON.stringify(await driver.getItem(name, options)).slice(0, 80),
      })),
      'a driver that drops what is written': replaced(() => ({ setItem: () => undefined })),
      'a driver that never answers': replaced(() => ({ getItem: () => new Promise(() => undefined) })),
    },
  },
  storePaths('unstorage', { describe, it }),
)
