import type { PeerSettings } from './client.ts'

export interface GrantedToken {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  /** Epoch ms. */
  readonly expiresAt: number
}

/** The token request that libraries without one ask their user to write. */
export async function requestToken(settings: PeerSettings, refreshToken: string): Promise<GrantedToken> {
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: settings.clientId,
    client_secret: settings.clientSecret,
  })
  const response = await fetch(`${settings.url}/oauth/token`, { method: 'POST', body })
  const answer = (await response.json()) as Record<string, never>
  if (!response.ok) throw new Error(`token endpoint ${response.status}: ${String(answer['error'])}`)
  return {
    accessToken: String(answer['access_token']),
    refreshToken: answer['refresh_token'],
    expiresAt: Date.now() + Number(answer['expires_in']) * 1_000,
  }
}
