import { layOver, type Credentials, type CredentialsInput } from '../credentials.ts'
import { isEvergrantError } from '../errors.ts'
import { plainCredentials, type GrantRecord } from '../records/record.ts'
import { updateStored } from '../records/stored.ts'
import { effectiveCredentials, followSource, grantKind, type ViewPorts } from './view.ts'

/** What belongs to the credentials that are leaving. */
const CLEARED = { token: null, lifetime: null, grantedAt: null, rotates: null, journal: null, retryAt: null } as const

/** Puts credentials over what the source and the record hold, durably. */
export async function replaceCredentials(ports: ViewPorts, input: CredentialsInput): Promise<GrantRecord> {
  const source = await readQuietly(ports)
  const { value } = await updateStored(ports.store, grantKind(ports.account), (stored) => {
    const record = followSource(stored, source, ports.provider.issuer)
    const credentials = layOver(record.credentials, plainCredentials(input))
    return { ...record, ...CLEARED, credentials, signedOut: false, epoch: record.epoch + 1 }
  })
  return value
}

/** Forgets tokens and credentials, durably. Gives the new epoch, and what was forgotten, for revoking it. */
export async function forget(ports: ViewPorts): Promise<{ epoch: number; credentials: Credentials | null }> {
  const source = await readQuietly(ports)
  let credentials: Credentials | null = null
  const { value } = await updateStored(ports.store, grantKind(ports.account), (stored): GrantRecord => {
    const record = followSource(stored, source, ports.provider.issuer)
    credentials = effectiveCredentials(record, source)
    return { ...record, ...CLEARED, credentials: null, signedOut: true, epoch: record.epoch + 1 }
  })
  return { epoch: value.epoch, credentials }
}

/** A source that cannot be read now must not keep anybody from signing out or from mending it. */
async function readQuietly(ports: ViewPorts): Promise<Credentials | null> {
  try {
    return await ports.readSource()
  } catch (error) {
    if (!isEvergrantError(error)) throw error
    return null
  }
}
