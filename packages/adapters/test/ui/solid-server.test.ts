import { describeUiServerContract } from '@evergrant/testing'
import { renderToString } from 'solid-js/web'
import { describe, it } from 'vitest'
import { createStatus, createToken } from '../../src/solid.ts'

describeUiServerContract(
  'solid',
  (session) =>
    renderToString(() => {
      const status = createStatus(session)
      const usable = createStatus(session, (present) => present.usable)
      const token = createToken(session)
      return `${status().state} ${usable()} ${token()?.generation ?? 'none'}`
    }),
  { describe, it },
)
