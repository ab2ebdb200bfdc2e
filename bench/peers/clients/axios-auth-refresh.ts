import { createRequire } from 'node:module'
import type commonAxios from 'axios' with { 'resolution-mode': 'require' }
import { createAuthRefresh } from 'axios-auth-refresh'
import type { Peer, PeerSettings } from './client.ts'

// Its types are of the CommonJS axios, and the two kinds of axios are no types of each other.
const axios = createRequire(import.meta.url)('axios') as typeof commonAxios

/** In its default mode all but the first of many refused requests fail; the other one is called “no deduplication”. */
export const axiosAuthRefresh: Peer = {
  name: 'axios-auth-refresh',
  package: 'axios-auth-refresh',
  over: 'axios',
  wiring: '`deduplicateRefresh: false`, the mode that shares a refresh and loses no request; it renews on 401 alone',
  create: (settings) => createClient(settings),
}

function createClient({ url, clientId, clientSecret, refreshToken }: PeerSettings) {
  const held = { accessToken: '', refreshToken }
  const api = axios.create({ baseURL: url })
  api.interceptors.request.use((config) => {
    config.headers.set('authorization', `Bearer ${held.accessToken}`)
    return config
  })
  async function refresh(): Promise<void> {
    const form = { grant_type: 'refresh_token', client_id: clientId, client_secret: clientSecret }
    const body = new URLSearchParams({ ...form, refresh_token: held.refreshToken })
    const { data } = await axios.post<Record<string, string>>(`${url}/oauth/token`, body)
    held.accessToken = data['access_token'] ?? ''
    held.refreshToken = data['refresh_token'] ?? held.refreshToken
  }
  createAuthRefresh(api, refresh, { deduplicateRefresh: false })
  return {
    async token() {
      // It has no other way to make sure of one.
      if (held.accessToken === '') await api.get('/data')
      return held.accessToken
    },
    request: async () => (await api.get('/data')).status,
    held: api,
  }
}
