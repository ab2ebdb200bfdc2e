import { describeUiContract } from '@evergrant/testing'
// @vitest-environment jsdom
import { describe, it } from 'vitest'
import { angularView } from './angular-view.ts'

describeUiContract('angular', angularView, { describe, it })
