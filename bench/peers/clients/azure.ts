import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createEmptyPipeline,
  createPipelineRequest,
} from '@azure/core-rest-pipeline'
import type { Peer } from './client.ts'
import { requestToken } from './token-request.ts'

export const azure: Peer = {
  name: '@azure/core-rest-pipeline',
  package: '@azure/core-rest-pipeline',
  over: 'node:http',
  fixedMargin: 120,
  wiring:
    'bearerTokenAuthenticationPolicy over a credential written by hand, and a challenge callback, without which a 401 is not replayed',
  create(settings) {
    let { refreshToken } = settings
    const credential = {
      async getToken() {
        const granted = await requestToken(settings, refreshToken)
        refreshToken = granted.refreshToken ?? refreshToken
        return { token: granted.accessToken, expiresOnTimestamp: granted.expiresAt }
      },
    }
    const pipeline = createEmptyPipeline()
    let last = ''
    const policy = bearerTokenAuthenticationPolicy({
      credential,
      scopes: 'read',
      challengeCallbacks: {
        async authorizeRequestOnChallenge({ request, getAccessToken }) {
          // Claims are what makes it forget the token that it keeps.
          const token = await getAccessToken(['read'], { claims: '{}' })
          if (token === null) return false
          request.headers.set('authorization', `Bearer ${token.token}`)
          return true
        },
      },
    })
    pipeline.addPolicy(policy)
    // It refuses http, which the server of the bench speaks.
    pipeline.addPolicy({
      name: 'http',
      sendRequest(request, next) {
        request.url = request.url.replace('https:', 'http:')
        last = request.headers.get('authorization') ?? ''
        return next(request)
      },
    })
    const http = createDefaultHttpClient()
    const send = async (client = http) => {
      const url = `${settings.url.replace('http:', 'https:')}/data`
      return (await pipeline.sendRequest(client, createPipelineRequest({ url, allowInsecureConnection: true }))).status
    }
    const nowhere: typeof http = {
      sendRequest: async (request) => ({ request, headers: request.headers, status: 204, bodyAsText: '' }),
    }
    return {
      async token() {
        await send(nowhere)
        return last.slice('Bearer '.length)
      },
      request: () => send(),
      held: pipeline,
    }
  },
}
