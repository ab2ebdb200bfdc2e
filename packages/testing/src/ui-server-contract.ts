import { equal, ok } from 'node:assert/strict'
import type { UiContractOptions } from './ui-contract.ts'
import { openUiScene, type UiScene } from './ui-scene.ts'
import type { UiSession } from './ui-subscriptions.ts'

/** What a server sends for a view as {@link MountedView} shows it; markup around the text does not matter. */
export type RenderOnServer = (session: UiSession) => string | Promise<string>

/** What every binding of a UI framework must do where pages are rendered by a server. Run it where there is no document. */
export function describeUiServerContract(
  name: string,
  render: RenderOnServer,
  { describe, it }: UiContractOptions,
): void {
  const scene = (title: string, body: (scene: UiScene) => Promise<void>) =>
    it(title, async () => {
      const opened = openUiScene()
      try {
        await body(opened)
      } finally {
        await opened.close()
      }
    })

  describe(`the contract of a UI binding on a server: ${name}`, () => {
    scene('shows nobody logged in, reads no store, and follows nothing', async ({ watched, reads, subscriptions }) => {
      showsNobody(await render(watched))
      equal(reads(), 0)
      equal(subscriptions(), 0)
    })

    scene('P11 shows nothing of a session that is logged in', async ({ session, watched, subscriptions }) => {
      await session.getToken()
      showsNobody(await render(watched))
      equal(subscriptions(), 0)
    })
  })
}

function showsNobody(html: string): void {
  const text = html.replaceAll(/<[^>]*>/g, '').trim()
  ok(text === 'unauthenticated false none', html)
}
