import { randomBytes } from 'node:crypto'
import { fingerprint } from '@evergrant/core'
import type { Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'

/** A browser that has been here, known by a cookie. */
export interface Visitor {
  /** A token that lets one form in, once. */
  formToken(): string
  /** Takes the token of a form; false if it is none of this visitor's, or was taken before. */
  take(token: string): boolean
}

export interface Visitors {
  /** The visitor of a request, who is made one if need be. */
  of(context: Context): Visitor
  /** The visitor of a request, if it has been here before. */
  known(context: Context): Visitor | null
}

const COOKIE = 'evergrant-login'
/** Forms that one browser may have open; the oldest goes. */
const MOST_FORMS = 8
/** A flood of visitors puts out the oldest, and takes no memory. */
const MOST_VISITORS = 64

/** So that a program of another user, which can reach the port too, has no part in what one browser does. */
export function createVisitors(): Visitors {
  // By marks: how long a look-up takes says nothing of an id then.
  const visitors = new Map<string, Visitor>()

  function known(context: Context): Visitor | null {
    const id = getCookie(context, COOKIE)
    return id === undefined ? null : (visitors.get(fingerprint(id)) ?? null)
  }

  return {
    known,
    of(context) {
      const present = known(context)
      if (present !== null) return present
      const id = randomToken()
      const visitor = createVisitor()
      keep(visitors, MOST_VISITORS - 1)
      visitors.set(fingerprint(id), visitor)
      // Lax, so that it comes along when the provider sends the browser back.
      setCookie(context, COOKIE, id, { httpOnly: true, sameSite: 'Lax', path: '/' })
      return visitor
    },
  }
}

function createVisitor(): Visitor {
  const tokens = new Map<string, true>()
  return {
    formToken() {
      const token = randomToken()
      keep(tokens, MOST_FORMS - 1)
      tokens.set(fingerprint(token), true)
      return token
    },
    take: (token) => tokens.delete(fingerprint(token)),
  }
}

function randomToken(): string {
  return randomBytes(32).toString('hex')
}

/** Drops the oldest, down to `most`. */
function keep(entries: Map<string, unknown>, most: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= most) return
    entries.delete(key)
  }
}
