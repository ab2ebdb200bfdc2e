import { AuthClient } from '@supabase/auth-js'
import type { Peer } from './client.ts'

export const supabase: Peer = {
  name: '@supabase/auth-js',
  package: '@supabase/auth-js',
  over: 'fetch',
  fixedMargin: 90,
  wiring:
    'setSession() with a dead access token, autoRefreshToken on; it speaks to its own server, so ours answers in its words',
  async create({ url, refreshToken }) {
    const auth = new AuthClient({ url, autoRefreshToken: true, persistSession: true, detectSessionInUrl: false })
    const dead = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: 's', exp: 1 })}.c2lnbmF0dXJl`
    let begun = false
    async function live(): Promise<string> {
      if (!begun) {
        const { error, data } = await auth.setSession({ access_token: dead, refresh_token: refreshToken })
        if (error !== null) throw error
        begun = true
        return data.session?.access_token ?? ''
      }
      const { data, error } = await auth.getSession()
      if (error !== null) throw error
      if (data.session === null) throw new Error('no session')
      return data.session.access_token
    }
    return {
      token: live,
      async request() {
        const response = await fetch(`${url}/data`, { headers: { authorization: `Bearer ${await live()}` } })
        await response.arrayBuffer()
        return response.status
      },
      held: auth,
      end: () => auth.stopAutoRefresh(),
    }
  },
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
