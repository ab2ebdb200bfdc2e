import { describeUiServerContract } from '@evergrant/testing'
import { describe, it } from 'vitest'
import { createSSRApp } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { View } from './vue-view.ts'

describeUiServerContract('vue', (session) => renderToString(createSSRApp(View, { session, onDraw: () => undefined })), {
  describe,
  it,
})
