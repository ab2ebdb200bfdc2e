import '@angular/compiler'
import {
  ChangeDetectionStrategy,
  Component,
  createComponent,
  inject,
  InjectionToken,
  provideZonelessChangeDetection,
} from '@angular/core'
import { createApplication } from '@angular/platform-browser'
import type { MountedView, UiSession, UiSubject } from '@evergrant/testing'
import { injectStatus, injectToken } from '../../src/angular.ts'

const SESSION = new InjectionToken<UiSession>('session')
const ON_DRAW = new InjectionToken<() => void>('on draw')

class UsableView {
  readonly #onDraw = inject(ON_DRAW)
  readonly usable = injectStatus(inject(SESSION), (status) => status.usable)

  draw(): string {
    this.#onDraw()
    return String(this.usable())
  }
}

class StatusView {
  readonly session = inject(SESSION)
  readonly status = injectStatus(this.session)
  readonly token = injectToken(this.session)
}

// As decorators, which need a compiler of their own.
const Usable =
  Component({
    selector: 'usable-view',
    changeDetection: ChangeDetectionStrategy.OnPush,
    template: '{{ draw() }}',
  })(UsableView) ?? UsableView
const Status =
  Component({
    selector: 'status-view',
    imports: [Usable],
    changeDetection: ChangeDetectionStrategy.OnPush,
    template: `{{ status().state }} <usable-view /> {{ token()?.generation ?? 'none' }}`,
  })(StatusView) ?? StatusView

export const angularView: UiSubject = {
  async mount(session, onDraw): Promise<MountedView> {
    const app = await createApplication({
      providers: [
        provideZonelessChangeDetection(),
        { provide: SESSION, useValue: session },
        { provide: ON_DRAW, useValue: onDraw },
      ],
    })
    const hostElement = document.createElement('div')
    const view = createComponent(Status, { environmentInjector: app.injector, hostElement })
    app.attachView(view.hostView)
    const settle = () => app.whenStable()
    await settle()
    let mounted = true
    return {
      text: () => hostElement.textContent ?? '',
      async settle() {
        if (mounted) await settle()
      },
      unmount() {
        if (mounted) app.destroy()
        mounted = false
      },
    }
  },
}
