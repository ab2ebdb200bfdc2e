import { equal, notEqual, ok } from 'node:assert/strict'
import { openUiScene, type UiScene } from './ui-scene.ts'
import type { UiSession } from './ui-subscriptions.ts'

export type { UiSession }

/** A view of a session, drawn by the binding and the framework under test. */
export interface MountedView {
  /**
   * What can be seen now: the state of the whole status, `usable` as a selection of its own, and the generation of the
   * token or `none`; e.g. `valid true 1`.
   */
  text(): string
  /** Resolves once the framework has drawn what it has put off. */
  settle(): Promise<void>
  unmount(): void | Promise<void>
}

/** A binding under test. */
export interface UiSubject {
  /** Draws a session; calls `onDraw` whenever that part is drawn which shows the selection `usable` and nothing else. */
  mount(session: UiSession, onDraw: () => void): MountedView | Promise<MountedView>
}

export interface UiContractOptions {
  /** `describe` of the test runner. */
  readonly describe: (name: string, body: () => void) => unknown
  /** `it` or `test` of the test runner. */
  readonly it: (name: string, body: () => Promise<void>) => unknown
}

/** Beyond the time of the first refresh, in ms. */
const NEXT_LIFETIME = 700_000
const WHOLE_LIFETIME = 900_000

/** What every binding of a UI framework must do, with a real session on a virtual clock and a server that grants. */
export function describeUiContract(name: string, subject: UiSubject, { describe, it }: UiContractOptions): void {
  const scene = (title: string, body: (scene: Scene) => Promise<void>) =>
    it(title, async () => {
      const opened = openUiScene()
      const views: MountedView[] = []
      let draws = 0
      async function draw(): Promise<MountedView> {
        const view = await subject.mount(opened.watched, () => (draws += 1))
        views.push(view)
        await view.settle()
        return view
      }
      try {
        await body({ ...opened, draw, draws: () => draws })
      } finally {
        for (const view of views) await view.unmount()
        await opened.close()
      }
    })

  describe(`the contract of a UI binding: ${name}`, () => {
    scene('shows a session that nobody has asked yet', async ({ draw }) => {
      equal((await draw()).text(), 'unauthenticated false none')
    })

    scene('shows at once what was there before it', async ({ session, draw }) => {
      await session.getToken()
      equal((await draw()).text(), 'valid true 1')
    })

    scene('follows the token, its successor and the sign-out', async ({ session, clock, draw }) => {
      const view = await draw()
      await session.getToken()
      await view.settle()
      equal(view.text(), 'valid true 1')
      await clock.advance(NEXT_LIFETIME)
      await view.settle()
      equal(view.text(), 'valid true 2')
      await session.signOut()
      await view.settle()
      equal(view.text(), 'unauthenticated false none')
    })

    scene('P5 shows no token past its end', async ({ session, server, clock, draw }) => {
      const view = await draw()
      await session.getToken()
      server.refuse = true
      await clock.advance(WHOLE_LIFETIME)
      await view.settle()
      ok(view.text().endsWith('false none'), view.text())
    })

    scene('draws a selection anew for nothing else', async ({ session, clock, draw, draws }) => {
      const view = await draw()
      await session.getToken()
      await view.settle()
      const before = draws()
      await clock.advance(NEXT_LIFETIME)
      await view.settle()
      equal(view.text(), 'valid true 2')
      equal(draws(), before)
      await session.signOut()
      await view.settle()
      notEqual(draws(), before)
    })

    scene(
      'P12 leaves no subscription behind, however often it is mounted',
      async ({ session, draw, subscriptions }) => {
        await session.getToken()
        for (let times = 0; times < 5; times += 1) {
          const view = await draw()
          equal(view.text(), 'valid true 1')
          notEqual(subscriptions(), 0)
          await view.unmount()
          await view.settle()
          equal(subscriptions(), 0)
        }
      },
    )

    scene('shows what has come between two mounts', async ({ session, draw }) => {
      const first = await draw()
      await first.unmount()
      await session.getToken()
      equal((await draw()).text(), 'valid true 1')
    })

    scene('outlives the session', async ({ session, draw }) => {
      const view = await draw()
      await session.getToken()
      await session.dispose()
      await view.settle()
      ok(view.text().length > 0)
    })
  })
}

interface Scene extends UiScene {
  readonly draw: () => Promise<MountedView>
  readonly draws: () => number
}
