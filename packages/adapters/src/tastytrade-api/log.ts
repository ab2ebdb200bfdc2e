import type { LogPart } from './parts.ts'

const HIDDEN = '[secret]'
const SECRET_NAME = /^(?:auth-token|authorization)$/i
const IN_JSON = /("auth-token"\s*:\s*)"(?:[^"\\]|\\.)*"/g

/** The SDK's streamer logs every message as it is sent, and its socket's events with all that hangs on them. */
export function withoutTokens(log: LogPart): LogPart {
  return {
    error: (...data) => log.error(...data.map(shown)),
    info: (...data) => log.info(...data.map(shown)),
    warn: (...data) => log.warn(...data.map(shown)),
  }
}

function shown(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(IN_JSON, `$1"${HIDDEN}"`)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(shown)
  if (isPlain(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, SECRET_NAME.test(name) ? HIDDEN : shown(member)]),
    )
  }
  const { type, message, code } = value as {
    readonly type?: unknown
    readonly message?: unknown
    readonly code?: unknown
  }
  return { type, message, code }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
