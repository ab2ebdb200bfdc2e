import * as z from 'zod/mini'
import { asSeconds, asText, member } from '../http/members.ts'
import { isSecure } from '../http/secure-url.ts'

/** An answer of the device authorization endpoint (RFC 8628 section 3.2). Times in seconds. */
interface DeviceCode {
  readonly deviceCode: string
  readonly userCode: string
  readonly verificationUri: string
  readonly verificationUriComplete: string | null
  readonly expiresIn: number
  readonly interval: number
}

const body = z.object({
  device_code: z.string().check(z.minLength(1)),
  user_code: z.string().check(z.minLength(1)),
  // Older servers write it with an l.
  verification_uri: member,
  verification_url: member,
  verification_uri_complete: member,
  expires_in: member,
  interval: member,
})

const DEFAULT_INTERVAL = 5
const DEFAULT_LIFETIME = 900
/** A day: nobody types a code that long after, and every wait has a bound. */
const LONGEST_LIFETIME = 86_400

export function readDeviceCode(json: unknown): DeviceCode | undefined {
  const { success, data } = z.safeParse(body, json)
  if (!success) return undefined
  const verificationUri = asAddress(data.verification_uri) ?? asAddress(data.verification_url)
  if (verificationUri === undefined) return undefined
  return {
    deviceCode: data.device_code,
    userCode: data.user_code,
    verificationUri,
    verificationUriComplete: asAddress(data.verification_uri_complete) ?? null,
    expiresIn: Math.min(asSeconds(data.expires_in) ?? DEFAULT_LIFETIME, LONGEST_LIFETIME),
    // Less than a second would be a storm.
    interval: Math.max(1, asSeconds(data.interval) ?? DEFAULT_INTERVAL),
  }
}

/** A person goes there and signs in, so it is no place for plain http, nor for a script. */
function asAddress(value: unknown): string | undefined {
  const url = URL.parse(asText(value) ?? '')
  return url !== null && isSecure(url) ? String(value) : undefined
}
