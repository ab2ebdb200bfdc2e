import type { MountedView, UiSession, UiSubject } from '@evergrant/testing'
import { mount, tick, unmount } from 'svelte'
import StatusView from './StatusView.svelte'

export const contextOf = (session: UiSession, onDraw: () => void): Map<string, unknown> =>
  new Map<string, unknown>(Object.entries({ session, onDraw }))

export const svelteView: UiSubject = {
  mount(session, onDraw): MountedView {
    const target = document.createElement('div')
    const view = mount(StatusView, { target, context: contextOf(session, onDraw) })
    let mounted = true
    return {
      text: () => target.textContent?.replaceAll(/\s+/g, ' ').trim() ?? '',
      settle: () => tick(),
      async unmount() {
        if (mounted) await unmount(view)
        mounted = false
      },
    }
  },
}
