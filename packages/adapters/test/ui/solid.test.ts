import { describeUiContract } from '@evergrant/testing'
// @vitest-environment jsdom
import { describe, it } from 'vitest'
import { solidView } from './solid-view.ts'

describeUiContract('solid', solidView, { describe, it })
