import type { MountedView, UiSession, UiSubject } from '@evergrant/testing'
import { createApp, defineComponent, h, nextTick, type PropType } from 'vue'
import { useStatus, useToken } from '../../src/vue.ts'

const properties = {
  session: { type: Object as PropType<UiSession>, required: true },
  onDraw: { type: Function as PropType<() => void>, required: true },
} as const

const Usable = defineComponent({
  props: properties,
  setup({ session, onDraw }) {
    const usable = useStatus(session, (status) => status.usable)
    return () => {
      onDraw()
      return String(usable.value)
    }
  },
})

export const View = defineComponent({
  props: properties,
  setup({ session, onDraw }) {
    const status = useStatus(session)
    const token = useToken(session)
    return () =>
      h('p', [`${status.value.state} `, h(Usable, { session, onDraw }), ` ${token.value?.generation ?? 'none'}`])
  },
})

export const vueView: UiSubject = {
  mount(session, onDraw): MountedView {
    const place = document.createElement('div')
    const app = createApp(View, { session, onDraw })
    app.mount(place)
    let mounted = true
    return {
      text: () => place.textContent ?? '',
      settle: () => nextTick(),
      unmount() {
        if (mounted) app.unmount()
        mounted = false
      },
    }
  },
}
