import { describeUiServerContract } from '@evergrant/testing'
import { render } from 'svelte/server'
import { describe, it } from 'vitest'
import StatusView from './StatusView.svelte'
import { contextOf } from './svelte-view.ts'

describeUiServerContract(
  'svelte',
  (session) => render(StatusView, { context: contextOf(session, () => undefined) }).body,
  { describe, it },
)
