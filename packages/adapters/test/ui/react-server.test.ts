import { describeUiServerContract } from '@evergrant/testing'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { describe, it } from 'vitest'
import { View } from './react-view.ts'

describeUiServerContract(
  'react',
  (session) => renderToString(createElement(View, { session, onDraw: () => undefined })),
  { describe, it },
)
