import { describe, expect, it } from 'vitest'
import type { MillionCalls } from './children/million-calls.ts'
import { growth, runChild } from './run-child.ts'

describe('a million calls for a token, over hundreds of lifetimes', () => {
  it('P12 leave the heap as it was, one alarm and one watch of the store; dispose leaves none', async () => {
    const program = new URL('./children/million-calls.ts', import.meta.url)
    const { heap, live, disposed, ...counted } = await runChild<MillionCalls>(program)
    expect(counted.calls).toBe(1_000_000)
    expect(counted.lifetimes).toBeGreaterThan(300)
    expect(counted.failedRequests).toBeGreaterThan(50)
    expect(counted.generation).toBe(counted.requests - counted.failedRequests)
    expect(growth(heap)).toBeLessThan(1.05)
    expect(live).toEqual({ alarms: 1, watches: 1, leases: 0 })
    expect(disposed).toEqual({ alarms: 0, watches: 0, leases: 0 })
  }, 150_000)
})
