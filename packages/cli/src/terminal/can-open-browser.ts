import type { Io } from '../io.ts'

/** Where a browser may show itself on Linux; without one of them, it would be a browser in the terminal, or none. */
const DISPLAYS = ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME'] as const

/** Whether a browser that is opened here shows itself to the person. */
export function canOpenBrowser(env: Io['env'], platform: NodeJS.Platform): boolean {
  return !isRemote(env) && !isHeadless(env, platform)
}

/** A session over SSH: a browser would open at the wrong end. */
export function isRemote(env: Io['env']): boolean {
  return Boolean(env['SSH_CONNECTION'] || env['SSH_TTY'])
}

/** No desktop. */
export function isHeadless(env: Io['env'], platform: NodeJS.Platform): boolean {
  return platform === 'linux' && DISPLAYS.every((name) => !env[name])
}
