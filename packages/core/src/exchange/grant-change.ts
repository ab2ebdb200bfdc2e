import { layOver, sealCredentials, type Credentials, type CredentialsInput } from '../credentials.ts'
import { isEvergrantError } from '../errors.ts'
import { deathOf } from '../records/dead-credentials.ts'
import { grantKind } from '../records/record-kinds.ts'
import { CLEARED, plainCredentials, type GrantRecord } from '../records/record.ts'
import { updateStored } from '../records/stored.ts'
import { checkIssuer, effectiveCredentials, followSource, markOf, type ViewPorts } from './view.ts'

/**
 * Puts credentials over what the source and the record hold, durably. Those that were set already, and that the server
 * has rotated since, are as good as what they have become, which stays: whoever hears that the store failed sets them
 * again, and cannot know that they were written after all, and spent (P7).
 */
export async function replaceCredentials(ports: ViewPorts, input: CredentialsInput): Promise<GrantRecord> {
  const { issuer } = ports.provider
  const source = await readQuietly(ports)
  const plain = plainCredentials(sealCredentials(input))
  const given = markOf(issuer, sealCredentials(plain))
  const { value } = await updateStored(ports.store, grantKind(ports.account), (stored) => {
    checkIssuer(ports, stored)
    const record = followSource(stored, source, issuer)
    const epoch = record.epoch + 1
    if (record.given === given && deathOf(record, markOf(issuer, effectiveCredentials(record, source))) === null) {
      const { journal, rotates, login } = record
      return { ...record, ...CLEARED, issuer, journal, rotates, login, epoch }
    }
    const credentials = layOver(record.credentials, plain)
    return { ...record, ...CLEARED, issuer, credentials, given, signedOut: false, epoch }
  })
  return value
}

/** Forgets tokens and credentials, durably. Gives the new epoch, and what was forgotten, for revoking it. */
export async function forget(ports: ViewPorts): Promise<{ epoch: number; credentials: Credentials | null }> {
  const source = await readQuietly(ports)
  let credentials: Credentials | null = null
  const { value } = await updateStored(ports.store, grantKind(ports.account), (stored): GrantRecord => {
    checkIssuer(ports, stored)
    const record = followSource(stored, source, ports.provider.issuer)
    credentials = effectiveCredentials(record, source)
    const epoch = record.epoch + 1
    return { ...record, ...CLEARED, issuer: null, credentials: null, given: null, signedOut: true, epoch }
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
