import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { isEvergrantError, type Lease } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cases } from '../../../core/test/support/fuzz.ts'
import { thisProcess } from '../../src/file/owner.ts'

const KEY = 'grant/default'
const TTL = 10_000

const anyJson = fc.jsonValue({ maxDepth: 3 })
const self = thisProcess()
const anOwner = fc.record(
  {
    pid: fc.oneof(fc.constantFrom(process.pid, process.ppid, 1, 0, -1, 2 ** 22 + 1, 2 ** 31, 2 ** 40), anyJson),
    host: fc.oneof(fc.constantFrom(hostname(), 'elsewhere.test', ''), anyJson),
    space: fc.oneof(fc.constantFrom(self.space, ''), anyJson),
    started: fc.oneof(fc.constantFrom(self.started, '0', ''), anyJson),
    nonce: fc.oneof(fc.constantFrom('a-nonce', '../../escape', 'x'.repeat(64), 'x'.repeat(65), ''), anyJson),
  },
  { requiredKeys: [] },
)
const aText = fc.oneof(
  anOwner.map((owner) => JSON.stringify(owner)),
  anyJson.map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary' }),
)
/** A symbolic link can hold neither nothing nor a zero, and no more than a path may have. */
const aLinkText = aText.map((text) => text.replaceAll('\0', '').slice(0, 1_000)).filter((text) => text !== '')
const aTime = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, -1, TTL, 1e6) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, max: 1e6 }) },
  { weight: 1, arbitrary: anyJson },
)
const members = { owner: fc.oneof(anOwner, anyJson), renewals: aTime, ttl: aTime, expiresAt: aTime }
const aLeaseEntry = fc.oneof(fc.record(members), fc.record(members, { requiredKeys: [] }))
const someLeases: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  fc
    .record(
      {
        format: fc.oneof(fc.constant('evergrant-leases'), anyJson),
        version: fc.oneof(fc.constantFrom(1, 1, 0, 2), anyJson),
        leases: fc.oneof(
          { weight: 4, arbitrary: aLeaseEntry.map((entry) => ({ [KEY]: entry })) },
          { weight: 2, arbitrary: fc.dictionary(fc.constantFrom(KEY, '__proto__', 'other'), aLeaseEntry) },
          { weight: 1, arbitrary: anyJson },
        ),
      },
      { requiredKeys: ['leases'] },
    )
    .map((table) => JSON.stringify(table)),
  aText,
  fc.uint8Array(),
)

/** A store in a folder of its own, with a clock that a wait moves on. */
async function inFolder(run: (path: string, clock: VirtualClock) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'evergrant-'))
  try {
    await run(join(folder, '.secrets'), new VirtualClock())
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** How it ended, within so much virtual time. */
async function within<T>(
  clock: VirtualClock,
  limit: number,
  work: Promise<T>,
): Promise<{ value: T } | { error: unknown }> {
  let end: { value: T } | { error: unknown } | null = null
  work.then(
    (value) => void (end = { value }),
    (error: unknown) => void (end = { error }),
  )
  await clock.advanceUntil(() => end !== null, { limit })
  return end!
}

describe('anything in the place of a lock', () => {
  it('P12 is taken over in time, or named in a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(aLinkText, fc.boolean(), async (text, asLink) => {
        await inFolder(async (path, clock) => {
          if (asLink) symlinkSync(text, `${path}.lock`)
          else writeFileSync(`${path}.lock`, text)
          const end = await within(clock, 60_000, fileStore(path, { clock }).write(KEY, 1))
          if ('error' in end) expect(isEvergrantError(end.error, 'store-unavailable')).toBe(true)
          else expect(await fileStore(path).read(KEY)).toEqual({ revision: end.value, value: 1 })
        })
      }),
      cases(40),
    )
  })
})

describe('anything in the place of the leases', () => {
  it('P12 lets the next one have the lease once its time is up, and never crashes', async () => {
    await fc.assert(
      fc.asyncProperty(someLeases, async (content) => {
        await inFolder(async (path, clock) => {
          writeFileSync(`${path}.leases`, content, { mode: 0o600 })
          const asked = fileStore(path, { clock }).lease(KEY, { ttl: TTL, signal: new AbortController().signal })
          // No time that is written here is longer than this.
          const end = await within<Lease>(clock, 2e6, asked)
          if ('error' in end) {
            expect(isEvergrantError(end.error, 'store-corrupt')).toBe(true)
            return
          }
          await fileStore(path, { clock }).write(KEY, 1, { lease: end.value })
          expect(await within(clock, 60_000, end.value.release())).toEqual({ value: undefined })
        })
      }),
      cases(40),
    )
  })

  it('P12 leaves a wait with the reason of its signal, whatever is there', async () => {
    await fc.assert(
      fc.asyncProperty(someLeases, fc.integer({ min: 0, max: 1_000 }), async (content, patience) => {
        await inFolder(async (path, clock) => {
          writeFileSync(`${path}.leases`, content, { mode: 0o600 })
          const controller = new AbortController()
          const reason = new Error('patience is over')
          clock.alarm(patience, () => controller.abort(reason))
          const end = await within(
            clock,
            5_000,
            fileStore(path, { clock }).lease(KEY, { ttl: TTL, signal: controller.signal }),
          )
          const isTold = 'error' in end && (end.error === reason || isEvergrantError(end.error, 'store-corrupt'))
          expect('value' in end || isTold).toBe(true)
          if ('value' in end) await within(clock, 60_000, end.value.release())
        })
      }),
      cases(40),
    )
  })
})
