import { inspect } from 'node:util'
import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { credentialsFingerprint, sealCredentials, type CredentialSource } from '../src/credentials.ts'
import { EvergrantError, isCredentialsUnreadable, isInvalidOptions } from '../src/errors.ts'
import { secret } from '../src/secret.ts'
import { checkCredentials, combineSources, type CredentialsOption } from '../src/session/sources.ts'

const ISSUER = 'https://server.test'
const CANARY = 'canary-in-a-coal-mine'

const combine = (option?: CredentialsOption) => combineSources(option, ISSUER)
const markOf = (refreshToken: string) => credentialsFingerprint(ISSUER, sealCredentials({ refreshToken }))

/** A source that gives, or fails with, whatever it holds, and counts how often it is asked. */
function source(name: string, held: string | null | Error, changes?: Subject<unknown>) {
  const state = { held, asked: 0 }
  const credentials: CredentialSource = {
    name,
    async read() {
      state.asked += 1
      if (state.held instanceof Error) throw state.held
      return state.held === null ? null : sealCredentials({ refreshToken: state.held })
    },
    ...(changes === undefined ? {} : { watch: () => changes }),
  }
  return { credentials, state }
}

describe('literal credentials', () => {
  it('are sealed, and read at once', async () => {
    const read = await combine({ clientId: 'client-1', clientSecret: 'secret-1', refreshToken: secret('r-1') }).read()
    expect([read?.clientId, read?.clientSecret?.reveal(), read?.refreshToken?.reveal()]).toEqual([
      'client-1',
      'secret-1',
      'r-1',
    ])
    expect(inspect(read, { depth: Infinity, showHidden: true })).not.toContain('secret-1')
  })

  it.for<readonly [string, CredentialsOption | undefined]>([
    ['no option', undefined],
    ['an empty list', []],
    ['an empty object', {}],
    ['empty texts', { clientSecret: '', refreshToken: '' }],
    ['nothing set', { clientId: undefined, clientSecret: undefined, refreshToken: undefined }],
  ])('are missing with %s', async ([, option]) => {
    const sources = combine(option)
    expect(await sources.read()).toBeNull()
    expect(sources.mark).toBeNull()
  })

  it('cannot tell of changes', () => {
    expect(combine({ refreshToken: 'r-1' }).changes).toBeNull()
  })

  const bad: readonly (readonly [string, unknown, string])[] = [
    ['a field that there is not', { refreshToken: 'r-1', refresh_token: CANARY }, 'credentials.refresh_token'],
    ['white space before', { refreshToken: ` ${CANARY}` }, 'credentials.refreshToken'],
    ['a line break after', { clientSecret: `${CANARY}\n` }, 'credentials.clientSecret'],
    ['a space alone', { clientId: ' ' }, 'credentials.clientId'],
    ['a number', { clientId: 5 }, 'credentials.clientId'],
    ['null', { refreshToken: null }, 'credentials.refreshToken'],
    ['a function', { refreshToken: () => CANARY }, 'credentials.refreshToken'],
    ['a text for the whole', CANARY, 'credentials'],
  ]

  it.for(bad)('P11 are refused for %s, by name and never by value', ([, input, option]) => {
    for (const given of [input, [input]]) {
      const error = thrownBy(() => combine(given as CredentialsOption))
      expect(isInvalidOptions(error) && error.details.option).toBe(option)
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
    }
  })

  it('are checked under the name that they were given by', () => {
    const error = thrownBy(() => checkCredentials('input', { clientId: ' a' }))
    expect(isInvalidOptions(error) && error.details.option).toBe('input.clientId')
    expect(isInvalidOptions(thrownBy(() => checkCredentials('input', null as never)))).toBe(true)
  })

  it('may have white space within', () => {
    expect(() => combine({ clientSecret: 'a b' })).not.toThrow()
  })
})

describe('several sources', () => {
  it('are asked in their order, until one answers', async () => {
    const [first, second, third] = [source('a', null), source('b', 'r-2'), source('c', 'r-3')]
    const sources = combine([first.credentials, {}, second.credentials, third.credentials])
    expect((await sources.read())?.refreshToken?.reveal()).toBe('r-2')
    expect([first, second, third].map(({ state }) => state.asked)).toEqual([1, 1, 0])
  })

  it('are asked anew each time', async () => {
    const first = source('a', null)
    const sources = combine([first.credentials, { refreshToken: 'r-2' }])
    expect((await sources.read())?.refreshToken?.reveal()).toBe('r-2')
    first.state.held = 'r-1'
    expect((await sources.read())?.refreshToken?.reveal()).toBe('r-1')
  })

  it('say what each of them seeks', () => {
    const seeking = { ...source('a', null).credentials, sought: 'A' }
    expect(combine([seeking, {}, { ...seeking, sought: 'B' }]).sought).toBe('A; B')
    expect(combine({}).sought).toBe('')
  })

  it('are marked by what was read last', async () => {
    const one = source('a', 'r-1')
    const sources = combine(one.credentials)
    expect(sources.mark).toBeNull()
    await sources.read()
    expect(sources.mark).toBe(markOf('r-1'))
    one.state.held = 'r-2'
    await sources.read()
    expect(sources.mark).toBe(markOf('r-2'))
    one.state.held = null
    await sources.read()
    expect(sources.mark).toBeNull()
  })

  it('have another mark for another issuer', async () => {
    const sources = combineSources({ refreshToken: 'r-1' }, 'https://other.test')
    await sources.read()
    expect(sources.mark).not.toBe(markOf('r-1'))
  })

  it('tell of the changes of all of them that can tell', () => {
    const [a, b] = [new Subject<unknown>(), new Subject<unknown>()]
    const sources = combine([
      source('a', 'r-1', a).credentials,
      { refreshToken: 'r' },
      source('b', 'r-2', b).credentials,
    ])
    let told = 0
    const subscription = sources.changes?.subscribe(() => (told += 1))
    a.next(null)
    b.next(null)
    expect(told).toBe(2)
    subscription?.unsubscribe()
    expect([a.observed, b.observed]).toEqual([false, false])
  })

  it('are not watched before anybody asks', () => {
    const changes = new Subject<unknown>()
    combine(source('a', 'r-1', changes).credentials)
    expect(changes.observed).toBe(false)
  })
})

describe('a source that fails', () => {
  it('P11 is named; what a stranger threw is not passed on, for it may quote what it read', async () => {
    const sources = combine(source('vault', new Error(CANARY)).credentials)
    const error: unknown = await sources.read().catch((fault: unknown) => fault)
    expect(isCredentialsUnreadable(error) && error.details).toEqual({ source: 'vault' })
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(CANARY)
    expect((error as Error).cause).toBeUndefined()
  })

  it('is named also where it throws at once', async () => {
    const read = () => {
      throw new Error(CANARY)
    }
    await expect(combine({ name: 'vault', read }).read()).rejects.toSatisfy(isCredentialsUnreadable)
  })

  it('speaks for itself with an error of ours', async () => {
    const ours = new EvergrantError('store-insecure', { message: 'm', help: 'h', details: { location: 'l' } })
    await expect(combine(source('file', ours).credentials).read()).rejects.toBe(ours)
  })

  it('stops the search: another account must not be used in its place', async () => {
    const next = source('b', 'r-2')
    await expect(combine([source('a', new Error('e')).credentials, next.credentials]).read()).rejects.toSatisfy(
      isCredentialsUnreadable,
    )
    expect(next.state.asked).toBe(0)
  })
})

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('what is no credential at all', () => {
  it.each([null, [null], 'a text', 5])('%j is refused with the name of the option', (bad) => {
    expect(() => combineSources(bad as never, ISSUER)).toThrow(expect.toSatisfy(isInvalidOptions))
  })

  it('a source that says undefined has none', async () => {
    const silent = { name: 'silent', read: () => Promise.resolve(undefined) } as unknown as CredentialSource
    const next = { refreshToken: 'next' }
    expect((await combineSources([silent, next], ISSUER).read())?.refreshToken?.reveal()).toBe('next')
  })
})
