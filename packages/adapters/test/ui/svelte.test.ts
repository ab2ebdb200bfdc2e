import { describeUiContract } from '@evergrant/testing'
// @vitest-environment jsdom
import { describe, it } from 'vitest'
import { svelteView } from './svelte-view.ts'

describeUiContract('svelte', svelteView, { describe, it })
