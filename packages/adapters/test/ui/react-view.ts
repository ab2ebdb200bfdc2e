import type { MountedView, UiSession, UiSubject } from '@evergrant/testing'
import { createElement, memo, StrictMode } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { useStatus, useToken } from '../../src/react.ts'

interface ViewProperties {
  readonly session: UiSession
  readonly onDraw: () => void
}

export function View({ session, onDraw }: ViewProperties) {
  const { state } = useStatus(session)
  const token = useToken(session)
  const usable = createElement(Usable, { session, onDraw })
  return createElement('p', null, `${state} `, usable, ` ${token?.generation ?? 'none'}`)
}

// Drawn by itself: its properties do not change, so only its own selection draws it anew.
const Usable = memo(({ session, onDraw }: ViewProperties) => {
  const usable = useStatus(session, (status) => status.usable)
  onDraw()
  return String(usable)
})

/** React in StrictMode, which mounts everything twice. */
export const reactView: UiSubject = {
  mount(session, onDraw): MountedView {
    const place = document.createElement('div')
    const root = createRoot(place)
    flushSync(() => root.render(createElement(StrictMode, null, createElement(View, { session, onDraw }))))
    return {
      text: () => place.textContent ?? '',
      settle: () => Promise.resolve(flushSync(() => undefined)),
      unmount: () => flushSync(() => root.unmount()),
    }
  },
}
