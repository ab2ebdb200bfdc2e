import { describeCanaries } from '@evergrant/testing'
import { describe, it, vi } from 'vitest'
import { providerPaths } from '../canaries/shares.ts'
import { bridged } from './bridge.ts'

// A walk takes a few hundred milliseconds, and many times that on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

describeCanaries(
  'a provider of the retired login',
  { provider: (parts) => bridged(parts) },
  providerPaths('tastytrade-legacy', { describe, it }),
)
