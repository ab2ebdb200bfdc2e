import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { envCredentials } from '@evergrant/adapters/env'
import { isCredentialsUnreadable, type Credentials } from '@evergrant/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cases } from '../../../core/test/support/fuzz.ts'

const CANARY = 'canary-in-a-coal-mine'

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(realpathSync(tmpdir()), 'evergrant-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Reads a file with these bytes; it must be the same after. */
async function read(content: string | Uint8Array): Promise<Credentials | null> {
  const file = join(folder, '.env')
  writeFileSync(file, content)
  try {
    return await envCredentials({ file, environment: {} }).read()
  } finally {
    expect(readFileSync(file).equals(Buffer.from(content as string))).toBe(true)
  }
}

/** Lines that mean nothing here, or nothing at all. */
const aStrangeLine = fc.oneof(
  fc.constantFrom(
    '',
    '# a comment',
    '  \t',
    'export',
    '=',
    'A',
    'A=',
    '=B',
    "A='",
    'A="\\',
    '`',
    'TASTY_CLIENT_SECRET',
    'X_TASTY_CLIENT_SECRET=other',
    'tasty_client_secret=other',
    '__proto__=polluted',
    'constructor=polluted',
    '\r',
    '\0',
  ),
  // One quote alone would begin a value that goes on over the lines below it.
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/["'`\r\n]|TASTY|TT_/g, '')),
)
const harmless = aStrangeLine.filter((line) => !/["'`]/.test(line))

/** What can stand in credentials (RFC 6749 appendix A), for which each quote is the right one now and then. */
const aValue = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
})

function quoted(value: string): string | null {
  const quote = ["'", '`', '"'].find((one) => !value.includes(one))
  // In double quotes a backslash and n is a line break.
  return quote === undefined || (quote === '"' && value.includes('\\')) ? null : `${quote}${value}${quote}`
}

describe('any text in a .env file', () => {
  it('is credentials, none, or a typed error that quotes nothing, and the file is left as it is', async () => {
    const lines = fc.array(
      fc.oneof(
        aStrangeLine,
        aValue.map((value) => `TASTY_CLIENT_SECRET=${CANARY}${value}`),
      ),
    )
    const text = fc.tuple(lines, fc.constantFrom('\n', '\r\n', '\r')).map(([all, end]) => all.join(end))
    const bytes = fc.oneof(
      text,
      text.map((one) => Buffer.from(`\ufeff${one}`, 'utf16le')),
      fc.uint8Array(),
      fc.uint8Array().map((tail) => Uint8Array.from([0xff, 0xfe, ...tail])),
      fc.uint8Array().map((tail) => Uint8Array.from([0xfe, 0xff, ...tail])),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        try {
          const credentials = await read(content)
          expect(credentials === null || credentials.clientSecret !== undefined).toBe(true)
        } catch (error) {
          if (!isCredentialsUnreadable(error)) throw error
          expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
        }
      }),
      cases(1_000),
    )
  })

  it('gives quoted values back as they are, whatever lines stand around them', async () => {
    const around = fc.array(harmless, { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(aValue, aValue, around, around, around, async (clientSecret, refreshToken, ...others) => {
        const [secret, token] = [quoted(clientSecret), quoted(refreshToken)]
        fc.pre(secret !== null && token !== null)
        const [before, between, after] = others
        const own = [`TASTY_CLIENT_SECRET=${secret}`, ...between, `TASTY_REFRESH_TOKEN=${token}`]
        const credentials = await read([...before, ...own, ...after].join('\n'))
        expect(credentials?.clientSecret?.reveal()).toBe(clientSecret)
        expect(credentials?.refreshToken?.reveal()).toBe(refreshToken)
      }),
      cases(500),
    )
  })

  it('reads the same with a byte order mark, in either order of UTF-16 and with either line end', async () => {
    const letters = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .map((text) => text.replaceAll(/["'`\\\p{C}\p{Z}#]/gu, 'x'))
    await fc.assert(
      fc.asyncProperty(letters, letters, async (clientSecret, refreshToken) => {
        const text = `TASTY_CLIENT_SECRET='${clientSecret}'\nTASTY_REFRESH_TOKEN='${refreshToken}'\n`
        const little = Buffer.from(`\ufeff${text}`, 'utf16le')
        const big = Buffer.from(little).swap16()
        for (const content of [text, `\ufeff${text}`, little, big, text.replaceAll('\n', '\r\n')]) {
          const credentials = await read(content)
          expect([credentials?.clientSecret?.reveal(), credentials?.refreshToken?.reveal()]).toEqual([
            clientSecret,
            refreshToken,
          ])
        }
      }),
      cases(100),
    )
  })
})
