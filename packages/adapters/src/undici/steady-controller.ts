import type { Dispatcher } from 'undici'

type Controller = Dispatcher.DispatchController

/** The controller of a request that may be sent twice, or wait before it is sent: one for whoever asked. */
export interface SteadyController extends Controller {
  /** Aborts when whoever asked gives up. */
  readonly signal: AbortSignal
  /** Takes the place of what was followed before; `null` while nothing is sent. */
  follow(target: Controller | null): void
}

export function steadyController(): SteadyController {
  const given = new AbortController()
  let target: Controller | null = null
  let paused = false

  return {
    signal: given.signal,
    follow(next) {
      target = next
      if (given.signal.aborted) next?.abort(given.signal.reason as Error)
      else if (paused) next?.pause()
    },
    abort(reason) {
      given.abort(reason)
      target?.abort(reason)
    },
    pause() {
      paused = true
      target?.pause()
    },
    resume() {
      paused = false
      target?.resume()
    },
    get paused() {
      return paused
    },
    get aborted() {
      return given.signal.aborted || (target?.aborted ?? false)
    },
    get reason() {
      return given.signal.aborted ? (given.signal.reason as Error) : (target?.reason ?? null)
    },
    get rawHeaders() {
      return target?.rawHeaders ?? null
    },
    set rawHeaders(headers) {
      if (target !== null) target.rawHeaders = headers
    },
    get rawTrailers() {
      return target?.rawTrailers ?? null
    },
    set rawTrailers(trailers) {
      if (target !== null) target.rawTrailers = trailers
    },
  }
}
