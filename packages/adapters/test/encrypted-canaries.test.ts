import { memoryStore, type Json, type TokenStore } from '@evergrant/core'
import { describeCanaries, type CanaryPlace, type VirtualClock } from '@evergrant/testing'
import { describe, it, vi } from 'vitest'
import { encryptedStore } from '../src/encrypted.ts'
import { storePaths } from './canaries/store-paths.ts'
import { inNoTime } from './support/standing-time.ts'

vi.setConfig({ testTimeout: 60_000 })

interface SealedPlace extends CanaryPlace {
  /** Changes what is read of the store beneath; `null` leaves it. */
  spoil: ((value: Json) => Json) | null
}

function createPlace(clock: VirtualClock): SealedPlace {
  const inner = memoryStore()
  const written: Json[] = []
  const spoiled: TokenStore = {
    ...inner,
    async read(key) {
      const entry = await inner.read(key)
      return entry === null || place.spoil === null ? entry : { ...entry, value: place.spoil(entry.value) }
    },
    write(key, value, options) {
      written.push(value)
      return inner.write(key, value, options)
    },
  }
  const place: SealedPlace = {
    spoil: null,
    open: () => inNoTime(encryptedStore(spoiled, { passphrase: 'an invented passphrase', kdfCost: 10 }), clock),
    // All that was ever stored may be seen by anybody.
    visible: () => written,
  }
  return place
}

function spoiling(spoil: (value: Json) => Json) {
  return (place: SealedPlace): (() => void) => {
    place.spoil = spoil
    return () => {
      place.spoil = null
    }
  }
}

const changed = (change: object) => (value: Json) => ({ ...(value as object), ...change }) as Json

describeCanaries<SealedPlace>(
  'the encrypted store',
  {
    createPlace,
    troubles: {
      'an entry that is not sealed': spoiling(() => ({ version: 1 })),
      'an entry that another key has sealed': spoiling(changed({ key: '0123456789abcdef' })),
      'an entry that was tampered with': spoiling(changed({ nonce: 'AAAAAAAAAAAAAAAA' })),
      'an entry that is cut': spoiling(changed({ sealed: 'AAAA' })),
      'an entry of a newer version': spoiling(changed({ version: 999 })),
    },
  },
  storePaths('encrypted', { describe, it }),
)
