import type { KeeperContext } from './route.ts'

/**
 * Where a request comes from; empty where that is not known. Behind a proxy it is what that proxy has added to
 * `X-Forwarded-For`, which is the last of them: those before it were written by the caller.
 */
export function callerAddress({ env, req }: KeeperContext): string {
  const socket = env?.incoming?.socket.remoteAddress ?? ''
  if (env?.behindProxy !== true) return socket
  const forwarded = req.raw.headers.get('x-forwarded-for')
  return forwarded?.split(',').at(-1)?.trim().slice(0, 64) || socket
}
