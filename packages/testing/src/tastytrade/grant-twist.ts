import { spoilsGrant, type MetFault } from './fault-script.ts'

/** A successful answer of the token endpoint. */
export type GrantBody = Readonly<Record<string, unknown>>

/** The faults that spoil a successful answer rather than take its place. */
export function twistGrant(body: GrantBody, met: MetFault | null): GrantBody {
  if (met === null || !spoilsGrant(met)) return body
  switch (met.fault) {
    case 'same-token':
      return met.parameters.expiresIn === undefined ? body : { ...body, expires_in: met.parameters.expiresIn }
    case 'missing-expires-in': {
      const { expires_in: _, ...rest } = body
      return rest
    }
    case 'zero-expires-in':
      return { ...body, expires_in: 0 }
    case 'odd-expires-in': {
      const { value = 'soon' } = met.parameters
      return { ...body, expires_in: value }
    }
    case 'empty-refresh-token':
      return { ...body, refresh_token: '' }
  }
}
