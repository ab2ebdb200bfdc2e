import type { Io } from '../io.ts'
import { canOpenBrowser } from './can-open-browser.ts'

/** Ms in which a browser that cannot be started says so. */
const STARTING = 1_000

/** Opens an address in the person's browser; false if that cannot be done here. */
export async function openBrowser(url: string, { env, clock }: Pick<Io, 'env' | 'clock'>): Promise<boolean> {
  if (!canOpenBrowser(env, process.platform)) return false
  try {
    const { default: open } = await import('open')
    const child = await open(url)
    return await new Promise((resolve) => {
      const started = clock.alarm(clock.monotonic() + STARTING, () => resolve(true), { hold: true })
      const ended = (opened: boolean): void => {
        started[Symbol.dispose]()
        resolve(opened)
      }
      child.once('error', () => ended(false))
      child.once('exit', (code) => ended(code === 0))
    })
  } catch {
    return false
  }
}
