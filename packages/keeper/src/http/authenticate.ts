import type { Clock } from '@evergrant/core'
import type { KeyCache } from '../keys/key-cache.ts'
import type { Principal } from '../keys/principal.ts'
import { callerAddress } from './caller-address.ts'
import { Problem } from './problem.ts'
import type { RateLimit } from './rate-limit.ts'
import type { KeeperContext } from './route.ts'

export interface AuthenticateParts {
  readonly clock: Clock
  readonly keys: KeyCache
  /** Of requests without a good key, by address. */
  readonly strangers: RateLimit
  readonly onRejected: (code: string) => void
}

const BEARER = /^bearer +(\S+) *$/i
const CHALLENGE = { 'www-authenticate': 'Bearer realm="evergrant keeper"' }

/** The key of a request, by `Authorization: Bearer` (RFC 6750 section 2.1) or `X-API-Key`; `null` if there is none. */
function presentedKey(headers: Headers): string | null {
  const authorization = headers.get('authorization')
  const bearer = authorization === null ? null : (BEARER.exec(authorization)?.[1] ?? null)
  const header = headers.get('x-api-key')
  if (bearer !== null && header !== null && bearer !== header) {
    throw new Problem('invalid-request', { detail: 'Two different API keys were sent', help: 'Send one.' })
  }
  return bearer ?? header
}

/** Says who asks. What a good key costs is a hash; only strangers are counted by their address. */
export interface Authenticate {
  /** Who asks, if that is known without asking the store. Throws a problem if it is known that nobody does. */
  atOnce(context: KeeperContext): Principal | null
  /** Asks the store. Rejects with a problem, or with what the store says. */
  lookUp(context: KeeperContext): Promise<Principal>
}

export function createAuthenticate({ clock, keys, strangers, onRejected }: AuthenticateParts): Authenticate {
  function refuse(
    code: 'key-missing' | 'key-unknown' | 'key-revoked' | 'key-expired',
    context: KeeperContext,
  ): Problem {
    onRejected(code)
    const wait = strangers.take(callerAddress(context))
    return wait > 0 ? tooMany(clock.now() + wait) : new Problem(code, { headers: CHALLENGE })
  }

  function keyOf(context: KeeperContext): string {
    const text = presentedKey(context.req.raw.headers)
    if (text === null) throw refuse('key-missing', context)
    return text
  }

  return {
    atOnce(context) {
      const found = keys.known(keyOf(context))
      if (typeof found === 'string') throw refuse(found, context)
      return found ?? null
    },
    async lookUp(context) {
      const wait = strangers.wait(callerAddress(context))
      if (wait > 0) throw tooMany(clock.now() + wait)
      const found = await keys.find(keyOf(context))
      if (typeof found === 'string') throw refuse(found, context)
      return found
    },
  }
}

export function tooMany(retryAt: number): Problem {
  return new Problem('rate-limited', { retryAt })
}
