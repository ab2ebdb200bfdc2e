import type { TokenRequestFailure, Verdict } from '@evergrant/core'

type Judge = (failure: TokenRequestFailure) => Verdict | undefined
type Reason = Extract<Verdict, { kind: 'revoked' }>['reason']

/**
 * A `judge` for codes of a provider's own: the death that each of them stands for, on any status but that of a server in
 * distress. The standard codes need no entry.
 */
export function condemn(codes: Readonly<Record<string, Reason>>): Judge {
  return ({ kind, oauthCode = '' }) => {
    const reason = kind === 'rejected' && Object.hasOwn(codes, oauthCode) ? codes[oauthCode] : undefined
    return reason === undefined ? undefined : { kind: 'revoked', reason }
  }
}
