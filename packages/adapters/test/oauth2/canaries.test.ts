import { describeCanaries, type CanaryParts } from '@evergrant/testing'
import { describe, it, vi } from 'vitest'
import { bearerFetch } from '../../src/fetch.ts'
import { oauth2 } from '../../src/oauth2.ts'
import { providerPaths } from '../canaries/shares.ts'

// A walk takes a few hundred milliseconds, and many times that on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const endpoints = ({ baseUrl }: CanaryParts) => ({
  token: `${baseUrl}/oauth/token`,
  revocation: `${baseUrl}/oauth/revoke`,
})

describeCanaries(
  'an OAuth2 provider, its secret in the body',
  {
    provider: (parts) =>
      oauth2({
        endpoints: endpoints(parts),
        apiBaseUrl: parts.baseUrl,
        clientAuthentication: 'client_secret_post',
        // The walk through echoes gives none.
        clientId: 'made-up-client',
        fetch: parts.fetch,
      }),
    clients: { fetch: (session, { fetch }) => bearerFetch(session, { fetch }) },
  },
  providerPaths('oauth2', { describe, it }),
)
