import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '@evergrant/adapters/file'
import { createTastytrade } from '@evergrant/adapters/tastytrade'
import { isEvergrantError } from '@evergrant/core'
import { fakeTastytrade } from '@evergrant/testing'
import { describe, expect, it, onTestFinished } from 'vitest'

async function sessionOn(content: string) {
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-bad-input-'))
  const file = join(folder, '.secrets')
  await writeFile(file, content, { mode: 0o600 })
  const fake = fakeTastytrade()
  const { session } = createTastytrade({
    fetch: fake.fetch,
    credentials: fake.credentials,
    store: fileStore(file),
  })
  onTestFinished(async () => {
    await session.dispose()
    await rm(folder, { recursive: true, force: true })
  })
  return { session, fake, file }
}

const document = (value: unknown) =>
  JSON.stringify({ format: 'evergrant', version: 1, entries: { 'grant/default': { revision: 'r1', value } } })

describe('a file that cannot be used', () => {
  it.each([
    ['half-written', document({ version: 1 }).slice(0, 60), 'store-corrupt'],
    ['of another program', '[core]\n  name = value\n', 'store-corrupt'],
    ['with a record from the future', document({ version: 99, generation: 7 }), 'record-from-future'],
    ['with a damaged record', document({ version: 1, generation: 'seven' }), 'record-corrupt'],
  ])(
    '%s: a typed error that says what to do, at once; nothing is sent, nothing is changed',
    async (_, content, code) => {
      const { session, fake, file } = await sessionOn(content)
      const error = await session.getToken().catch((fault: unknown) => fault)
      if (!isEvergrantError(error)) throw error
      expect(error.code).toBe(code)
      expect(error.help.length).toBeGreaterThan(20)
      expect(session.getSnapshot().lastFailure?.code).toBe(code)
      expect(fake.count()).toBe(0)
      // Nor by whoever tries to write over it.
      await expect(session.setCredentials({ refreshToken: 'new' })).rejects.toMatchObject({ code })
      expect(await readFile(file, 'utf8')).toBe(content)
    },
  )
})
