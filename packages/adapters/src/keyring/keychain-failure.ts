import type { EvergrantError } from '@evergrant/core'
import { unavailable } from '../store/failures.ts'

interface Trouble {
  readonly sign: RegExp
  readonly message: string
  readonly help: string
}

const ALTERNATIVES =
  "Without one, keep accounts in encryptedStore(fileStore('.secrets'), { passphrase }) of " +
  "@evergrant/adapters/encrypted, or in fileStore('.secrets') of @evergrant/adapters/file. Nothing was stored elsewhere."

/** After 2 s, in which the library holds up the whole process while it connects. */
const NO_REPLY = /did not receive a reply/i

/** By what the library says, since it gives every failure the same code. The first that fits counts. */
const TROUBLES: readonly Trouble[] = [
  {
    sign: NO_REPLY,
    message: 'The keychain does not answer',
    help: `It may be busy or stuck. Try again, or start it anew (log out of the desktop and in). ${ALTERNATIVES}`,
  },
  {
    sign: /LimitsExceeded|maximum number of/i,
    message: 'The session bus takes no more connections',
    help: 'Each entry in use takes one. Keep so many accounts in another store, e.g. fileStore or a database.',
  },
  {
    // A Secret Service that was never unlocked has no default keyring, and says that nothing was found.
    sign: /locked|prompt|dismissed|no result found|interaction is not allowed|cancel/i,
    message: 'The keychain is locked',
    help: 'Unlock it (log in to the desktop, or start gnome-keyring-daemon --unlock) and try again.',
  },
  {
    sign: /dbus|d-bus|secret service|ServiceUnknown|no default|NoStorage/i,
    message: 'There is no keychain here: no Secret Service answers',
    help: `On Linux it comes with a desktop: GNOME Keyring, KWallet or KeePassXC on the session bus. ${ALTERNATIVES}`,
  },
  {
    sign: /longer than|too long|TooLong/i,
    message: 'The keychain takes no item of this size',
    help: `Choose a shorter service name. ${ALTERNATIVES}`,
  },
  {
    sign: /ambiguous|multiple/i,
    message: 'The keychain has several items of one name',
    help: 'Another program wrote them. Take away all but one, or pass another service.',
  },
  {
    sign: /denied|permission|authoriz/i,
    message: 'The keychain refuses this program',
    help: 'Allow it in the settings of the keychain and try again.',
  },
]

/** Whether the connection to the service is gone, rather than the service itself or its patience. */
export function isDisconnected(error: unknown): boolean {
  return error instanceof Error && /dbus error/i.test(error.message) && !NO_REPLY.test(error.message)
}

/** The library's own error is only looked at: a driver's message may quote an attribute or a value. */
export function keychainFailure(service: string, step: string, error: unknown): EvergrantError<'store-unavailable'> {
  const told = error instanceof Error ? error.message : ''
  const trouble = TROUBLES.find(({ sign }) => sign.test(told))
  const message = trouble?.message ?? 'The keychain refused'
  const help = trouble?.help ?? `See whether other programs can use it. ${ALTERNATIVES}`
  return unavailable(service, `${message} (cannot ${step} ${service})`, help)
}
