import { describe, expect, it } from 'vitest'
import { tokenRequestError } from '../src/errors.ts'
import { conditionError } from '../src/exchange/condition-error.ts'
import { summarize } from '../src/machine/failure-summary.ts'
import { createPorts } from './support/exchange-view.ts'

const refused = tokenRequestError({ kind: 'rejected', status: 400, oauthCode: 'invalid_grant' })

describe('a failure as status shows it', () => {
  it('has what happened, what to do and when, and what the server said', () => {
    expect(summarize(refused, 9)).toEqual({
      code: 'token-request-failed',
      message: refused.message,
      help: refused.help,
      at: 9,
      status: 400,
      oauthCode: 'invalid_grant',
    })
  })

  it('has what the server said also if that is only its cause', () => {
    const error = conditionError(createPorts(), 'grant-revoked', { account: 'main' }, refused)
    expect(summarize(error, 9)).toMatchObject({ code: 'grant-revoked', status: 400, oauthCode: 'invalid_grant' })
  })

  it('has no more than there is', () => {
    expect(Object.keys(summarize(tokenRequestError({ kind: 'network' }), 9))).toEqual(['code', 'message', 'help', 'at'])
    const withoutCode = summarize(tokenRequestError({ kind: 'edge', status: 403 }), 9)
    expect(Object.keys(withoutCode)).toEqual(['code', 'message', 'help', 'at', 'status'])
  })

  it('cannot be changed', () => {
    expect(Object.isFrozen(summarize(refused, 9))).toBe(true)
  })
})
