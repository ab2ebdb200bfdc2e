import { tastytrade, type TastytradeProvider } from '@evergrant/adapters/tastytrade'
import type { Io } from '../io.ts'
import { VERSION } from '../version.ts'
import type { AccountChoice } from './choice.ts'

/** How this program calls itself: tastytrade turns away who has no name and version. */
export const USER_AGENT = `evergrant-cli/${VERSION}`

/** The server of a choice. Throws `invalid-options` for a base URL that cannot be used. */
export function openProvider(
  { environment, baseUrl }: AccountChoice,
  { fetch }: Pick<Io, 'fetch'>,
): TastytradeProvider {
  return tastytrade({ environment, baseUrl, userAgent: USER_AGENT, fetch })
}

/** The page on which a person allows a login. With another base URL it is that server's own. */
export function authorizePage({ baseUrl }: AccountChoice, { authorizeUrl, apiBaseUrl }: TastytradeProvider): string {
  return baseUrl === undefined ? authorizeUrl : `${apiBaseUrl}/auth.html`
}
