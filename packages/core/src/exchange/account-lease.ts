import { EvergrantError } from '../errors.ts'
import { grantKey } from '../records/record.ts'
import type { Lease } from '../store.ts'
import { withDeadline } from '../time/deadline.ts'
import type { ExchangePorts } from './exchange-ports.ts'

/** Waits for the right to spend an account's credential, for `leaseWait` at most; then rejects with `lease-timeout`. */
export async function takeAccountLease(
  { store, account, policy, timeline }: Pick<ExchangePorts, 'store' | 'account' | 'policy' | 'timeline'>,
  help: string,
  signal: AbortSignal | undefined,
): Promise<Lease> {
  const key = grantKey(account)
  const tooLong = () =>
    new EvergrantError('lease-timeout', {
      message: `Another process has been fetching a token of account ${account} for too long`,
      help,
      details: { key },
    })
  const deadline = { ms: policy.leaseWait, reason: tooLong, signal }
  return withDeadline(timeline, deadline, async (bound) => {
    const lease = await store.lease(key, { ttl: policy.leaseTtl, signal: bound })
    // A store that does not heed its signal must not leave a lease behind that nobody gives back.
    if (bound.aborted) await lease.release()
    return lease
  })
}
