import type { TokenStore } from '@evergrant/core'
import type { VirtualClock } from '@evergrant/testing'
import { createStorage, type Driver } from 'unstorage'
import { unstorageStore } from '../../src/unstorage.ts'

/** A store on a new Storage with this driver. */
export function storeOver(
  driver: Driver,
  patience?: { readonly maxWait: number; readonly clock: VirtualClock },
): TokenStore {
  return unstorageStore(createStorage({ driver }), patience)
}
