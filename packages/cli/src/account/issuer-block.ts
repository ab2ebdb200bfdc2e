import { randomUUID } from 'node:crypto'
import { readAccount, type AccountReport, type ReadAccountOptions } from '@evergrant/core'

/**
 * The block that all accounts of an issuer share, if there is one. An account is told of it only if it has something to
 * send, and no token; so one that is made up asks.
 */
export async function issuerBlock({
  provider,
  store,
  clock,
}: Pick<ReadAccountOptions, 'provider' | 'store' | 'clock'>): Promise<AccountReport['block']> {
  const account = `look-${randomUUID()}`
  const { block } = await readAccount({ provider, store, clock, account, credentials: { refreshToken: account } })
  return block
}
