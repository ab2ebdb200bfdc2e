import { memoryStore } from '@evergrant/core'
import { lifecyclePaths, testLifecycle, type LifecycleDoor } from '@evergrant/testing'
import { describe, it, vi } from 'vitest'
import { whole } from '../../../../tools/extent.ts'
import { oauth2 } from '../../src/oauth2.ts'
import { livesOf } from '../support/lives.ts'

// A case may be dozens of lives, on a machine that has other things to do.
vi.setConfig({ testTimeout: 120_000 })

testLifecycle({
  name: 'an OAuth2 provider by its endpoints',
  // That server takes a secret in the body alone.
  provider: ({ fetch, baseUrl }: LifecycleDoor) =>
    oauth2({ endpoints: { token: `${baseUrl}/oauth/token` }, clientAuthentication: 'client_secret_post', fetch }),
  store: () => memoryStore(),
  paths: whole ? lifecyclePaths({ simple: 3 }) : livesOf('part', 'oauth2'),
  describe,
  it,
})
