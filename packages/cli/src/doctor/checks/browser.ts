import type { Io } from '../../io.ts'
import { canOpenBrowser, isHeadless, isRemote } from '../../terminal/can-open-browser.ts'
import type { SystemFacts } from '../doctor-ports.ts'
import { fine, note, type Finding } from '../finding.ts'

/** Whether a login can open a browser here, and what to do if not. */
export function checkBrowser(env: Io['env'], { platform }: SystemFacts): Finding {
  const remote = isRemote(env)
  const headless = isHeadless(env, platform)
  const facts = { remote, headless }
  if (canOpenBrowser(env, platform)) return fine('browser', 'A login can open a browser here.', facts)
  return note('browser', {
    title: 'A login cannot open a browser here.',
    cause: remote
      ? 'This is a session over SSH; a browser would open at the wrong end.'
      : 'There is no desktop on this computer.',
    next: [
      'Open the address that "evergrant login" prints in any browser of this computer.',
      'Or on another computer: run "evergrant login --no-browser", and paste the address back at which that browser ends.',
    ],
    facts,
  })
}
