import { describeUiContract } from '@evergrant/testing'
// @vitest-environment jsdom
import { describe, it } from 'vitest'
import { reactView } from './react-view.ts'

describeUiContract('react', reactView, { describe, it })
