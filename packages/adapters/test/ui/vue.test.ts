import { describeUiContract } from '@evergrant/testing'
// @vitest-environment jsdom
import { describe, it } from 'vitest'
import { vueView } from './vue-view.ts'

describeUiContract('vue', vueView, { describe, it })
