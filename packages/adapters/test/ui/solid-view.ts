import type { MountedView, UiSubject } from '@evergrant/testing'
import { createEffect, createRoot } from 'solid-js'
import { createStatus, createToken } from '../../src/solid.ts'

/** Without JSX, which needs a compiler: effects that write, as its output does. */
export const solidView: UiSubject = {
  mount(session, onDraw): MountedView {
    const part = { state: '', usable: '', token: '' }
    const end = createRoot((dispose) => {
      const status = createStatus(session)
      const usable = createStatus(session, (present) => present.usable)
      const token = createToken(session)
      createEffect(() => (part.state = status().state))
      createEffect(() => {
        part.usable = String(usable())
        onDraw()
      })
      createEffect(() => (part.token = String(token()?.generation ?? 'none')))
      return dispose
    })
    return {
      text: () => `${part.state} ${part.usable} ${part.token}`,
      settle: () => Promise.resolve(),
      unmount: end,
    }
  },
}
