import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { build } from 'esbuild'
import { describe, expect, it, vi } from 'vitest'
import * as errors from '../src/errors.ts'
import { EvergrantError, invalidOptions, isEvergrantError, tokenRequestError, type ErrorCode } from '../src/errors.ts'
import type { FailureKind, TokenRequestFailure } from '../src/failure.ts'

/** Every code that callers tell apart, with its guard and the name of its errors. */
const CODES: Readonly<Record<Exclude<ErrorCode, 'internal'>, readonly [(error: unknown) => boolean, string]>> = {
  'invalid-options': [errors.isInvalidOptions, 'InvalidOptionsError'],
  'credentials-missing': [errors.isCredentialsMissing, 'CredentialsMissingError'],
  'signed-out': [errors.isSignedOut, 'SignedOutError'],
  'grant-revoked': [errors.isGrantRevoked, 'GrantRevokedError'],
  'client-rejected': [errors.isClientRejected, 'ClientRejectedError'],
  'rotation-lost': [errors.isRotationLost, 'RotationLostError'],
  'login-expired': [errors.isLoginExpired, 'LoginExpiredError'],
  'ip-block-suspected': [errors.isIpBlockSuspected, 'IpBlockSuspectedError'],
  'edge-refused': [errors.isEdgeRefused, 'EdgeRefusedError'],
  'login-budget-spent': [errors.isLoginBudgetSpent, 'LoginBudgetSpentError'],
  'token-unavailable': [errors.isTokenUnavailable, 'TokenUnavailableError'],
  'wait-timeout': [errors.isWaitTimeout, 'WaitTimeoutError'],
  'min-ttl-unreachable': [errors.isMinTtlUnreachable, 'MinTtlUnreachableError'],
  disposed: [errors.isDisposed, 'DisposedError'],
  'token-request-failed': [errors.isTokenRequestFailed, 'TokenRequestFailedError'],
  'no-progress': [errors.isNoProgress, 'NoProgressError'],
  'record-corrupt': [errors.isRecordCorrupt, 'RecordCorruptError'],
  'record-from-future': [errors.isRecordFromFuture, 'RecordFromFutureError'],
  'wrong-issuer': [errors.isWrongIssuer, 'WrongIssuerError'],
  'store-conflict': [errors.isStoreConflict, 'StoreConflictError'],
  'store-corrupt': [errors.isStoreCorrupt, 'StoreCorruptError'],
  'store-insecure': [errors.isStoreInsecure, 'StoreInsecureError'],
  'store-unavailable': [errors.isStoreUnavailable, 'StoreUnavailableError'],
  'store-sharing': [errors.isStoreSharing, 'StoreSharingError'],
  'lease-lost': [errors.isLeaseLost, 'LeaseLostError'],
  'lease-timeout': [errors.isLeaseTimeout, 'LeaseTimeoutError'],
  'credentials-unreadable': [errors.isCredentialsUnreadable, 'CredentialsUnreadableError'],
  'foreign-origin': [errors.isForeignOrigin, 'ForeignOriginError'],
}

const codes = Object.keys(CODES) as (keyof typeof CODES)[]

function errorWith(code: ErrorCode): EvergrantError {
  return new EvergrantError(code, { message: 'm', help: 'h', details: { account: 'main' } })
}

describe('an error', () => {
  it('has its code, what happened, what to do next and the facts', () => {
    const cause = new Error('why')
    const details = { until: 2, retryAt: 1 }
    const error = new EvergrantError('edge-refused', { message: 'what happened', help: 'what to do', details, cause })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ code: 'edge-refused', message: 'what happened', help: 'what to do', details, cause })
    expect(error.stack).toContain('errors.test')
  })

  it('has no cause unless there is one', () => {
    expect('cause' in errorWith('disposed')).toBe(false)
  })

  it('is plain data as JSON, without its cause and its stack', () => {
    const cause = new Error('canary-in-a-coal-mine')
    const details = { account: 'main' }
    const error = new EvergrantError('grant-revoked', { message: 'm', help: 'h', details, cause })
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'GrantRevokedError',
      code: 'grant-revoked',
      message: 'm',
      help: 'h',
      details,
    })
  })

  it('of a class that extends it may have a name of its own', () => {
    class KeeperError extends EvergrantError<'internal'> {
      override readonly name = 'KeeperError'
    }
    const error = new KeeperError('internal', { message: 'm', help: 'h', details: { where: 'keeper' } })
    expect([error.name, isEvergrantError(error, 'internal')]).toEqual(['KeeperError', true])
  })

  it('shows its name and what happened when it is thrown', () => {
    const error = invalidOptions('floor', 'negative', 'Give more.')
    expect(String(error)).toBe('InvalidOptionsError: floor: negative')
    expect(inspect(error)).toContain('Give more.')
    expect(Object.keys(error)).not.toContain('name')
  })
})

describe('a guard', () => {
  it.for(codes)('for %s knows its errors by code, and no others', (code) => {
    const [guard, name] = CODES[code]
    expect(errorWith(code).name).toBe(name)
    expect(codes.filter((other) => guard(errorWith(other)))).toEqual([code])
  })

  it('is there for every code', () => {
    const guards = Object.keys(errors).filter((name) => /^is[A-Z]/.test(name) && name !== 'isEvergrantError')
    expect(guards.toSorted()).toEqual(
      codes
        .map((code) => CODES[code][0])
        .map(nameOf)
        .toSorted(),
    )
  })

  it('takes nothing else for an error of ours', () => {
    const lookalike = Object.assign(new Error('m'), { code: 'disposed', help: 'h', details: {} })
    const plain = { ...errorWith('disposed').toJSON(), [Symbol.for('evergrant.error')]: true }
    for (const other of [lookalike, plain, new Error('m'), 'disposed', null, undefined]) {
      expect(isEvergrantError(other)).toBe(false)
      expect(errors.isDisposed(other)).toBe(false)
    }
  })

  it('takes the code that it is asked for', () => {
    expect(isEvergrantError(errorWith('internal'), 'internal')).toBe(true)
    expect(isEvergrantError(errorWith('internal'), 'disposed')).toBe(false)
    expect(isEvergrantError(errorWith('internal'))).toBe(true)
  })

  it('knows errors of another copy of this package', async () => {
    vi.resetModules()
    const copy = await import('../src/errors.ts')
    expect(copy.EvergrantError).not.toBe(EvergrantError)
    const foreign = copy.invalidOptions('floor', 'negative', 'Give more.')
    expect(foreign).not.toBeInstanceOf(EvergrantError)
    expect([isEvergrantError(foreign), errors.isInvalidOptions(foreign), errors.isDisposed(foreign)]).toEqual([
      true,
      true,
      false,
    ])
  })
})

function nameOf(guard: (error: unknown) => boolean): string {
  return Object.entries(errors).find(([, exported]) => exported === guard)?.[0] ?? 'not exported'
}

describe('tokenRequestError', () => {
  const KINDS: Readonly<Record<FailureKind, RegExp>> = {
    rejected: /code/,
    edge: /User-Agent.*grant itself is not in question/s,
    'rate-limited': /waits as long as the server asked/,
    server: /tries again/,
    timeout: /network.*drops this address/s,
    network: /DNS/,
    redirect: /base URL/,
    malformed: /base URL/,
    unknown: /report it/,
  }

  it.for(Object.entries(KINDS))('says what to do after %s', ([kind, help]) => {
    const error = tokenRequestError({ kind: kind as FailureKind })
    expect(error.help).toMatch(help)
    expect(error.message).toBe(`The token request failed: ${kind}`)
  })

  it('says what is known', () => {
    const failure: TokenRequestFailure = {
      kind: 'rejected',
      status: 400,
      oauthCode: 'invalid_grant',
      description: 'Grant revoked',
      retryAfter: 0,
    }
    const error = tokenRequestError(failure)
    expect(error.message).toBe('The token request failed: rejected (400, invalid_grant, Grant revoked)')
    expect(error.details).toEqual({ failure })
    expect(errors.isTokenRequestFailed(error)).toBe(true)
  })
})

describe('invalidOptions', () => {
  it('names the option, and what would do', () => {
    const error = invalidOptions('policy.floor', 'negative', 'Give more.')
    expect(error).toMatchObject({
      code: 'invalid-options',
      message: 'policy.floor: negative',
      help: 'Give more.',
      details: { option: 'policy.floor' },
    })
  })
})

describe('an error of another realm', () => {
  it('is known by its brand', async () => {
    const entryPoints = [new URL('../src/errors.ts', import.meta.url).pathname]
    const built = await build({ entryPoints, bundle: true, format: 'iife', globalName: 'there', write: false })
    const code = `${built.outputFiles[0]?.text}; there.invalidOptions('a', 'b', 'c')`
    const foreign: unknown = runInNewContext(code)
    expect(foreign instanceof Error).toBe(false)
    expect(isEvergrantError(foreign, 'invalid-options')).toBe(true)
  })
})
