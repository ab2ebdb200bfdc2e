import { accessToken, grantKey, listAccounts, type AccessToken, type AccountReport } from '@evergrant/core'
import type { Account, AccountStanding } from '../account/account.ts'
import { issuerBlock } from '../account/issuer-block.ts'
import { membersOf, textOf } from '../account/members.ts'
import type { Io } from '../io.ts'
import type { Sources } from './look-at-sources.ts'

/** The account as the store has it, and as it stands with the sources beside it. */
export interface AccountLook extends AccountStanding {
  readonly account: Account
  /** Members of the credentials in the store, with nothing in them but that they are there. */
  readonly stored: { readonly clientSecret: boolean; readonly refreshToken: boolean } | null
  /** The client secret that would be sent. */
  readonly clientSecret: string | null
  /** The refresh token that would be sent. */
  readonly refreshToken: string | null
  readonly clientId: string | null
  /** The one that lives, if there is one. */
  readonly token: AccessToken | null
  /** Of the issuer; told also where the account itself has nothing to send. */
  readonly block: AccountReport['block']
  /** The other accounts of the store. */
  readonly others: readonly string[]
}

/** Reads, and sends nothing. Rejects with what the store says. */
export async function lookAtAccount(
  account: Account,
  { credentials }: Pick<Sources, 'credentials'>,
  { clock }: Pick<Io, 'clock'>,
): Promise<AccountLook> {
  const { provider, store, name } = account
  const { report, from } = await account.look()
  // As core writes it; it was read by core just before, and found in order.
  const record = membersOf((await store.read(grantKey(name)))?.value)
  const stored = record['credentials'] == null ? null : membersOf(record['credentials'])
  const given = from === 'environment' ? credentials : null
  const names = store.keys === undefined ? [] : await listAccounts(store)
  return {
    account,
    report,
    from,
    stored: stored && { clientSecret: 'clientSecret' in stored, refreshToken: 'refreshToken' in stored },
    clientSecret: given?.clientSecret?.reveal() ?? textOf(stored?.['clientSecret']),
    refreshToken: given?.refreshToken?.reveal() ?? textOf(stored?.['refreshToken']),
    clientId: given?.clientId ?? textOf(stored?.['clientId']),
    token: report.token?.usable === true ? livingToken(report.token, membersOf(record['token'])) : null,
    block: await issuerBlock({ provider, store, clock }),
    others: names.filter((other) => other !== name),
  }
}

function livingToken(
  token: NonNullable<AccountReport['token']>,
  stored: ReturnType<typeof membersOf>,
): AccessToken | null {
  const value = textOf(stored['value'])
  if (value === null) return null
  return accessToken({ ...token, value, tokenType: textOf(stored['type']) ?? 'Bearer', apiBaseUrl: null })
}
