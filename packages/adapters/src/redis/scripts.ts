import { createHash } from 'node:crypto'
import { LAYOUT_VERSION } from './layout.ts'

/**
 * A Lua script, which the server runs as one step. It gives a list that begins with what came of it; `version`, followed
 * by the one found, if the store is of another version: then nothing was touched.
 */
export interface Script {
  readonly text: string
  /** What EVALSHA calls it by. */
  readonly sha1: string
}

export interface Scripts {
  /** Keys: version, entry. Gives `entry`, revision, value; `none`; `damaged`. */
  readonly read: Script
  /**
   * Keys: version, entry, lease. Arguments: expected revision, lease token, channel, news, new revision, value. Gives
   * `done`, also when the same write comes again; `lost`; `conflict`; `damaged`.
   */
  readonly write: Script
  /** Keys and arguments as above without the last two. Gives `done`, `lost`, `conflict`, `damaged`. */
  readonly remove: Script
  /** Keys: version, lease, fence. Arguments: nonce, ttl. Gives `taken`, token; `held`, ms left to its holder. */
  readonly take: Script
  /** Keys: version, lease. Arguments: token, ttl. Gives `held` or `lost`. */
  readonly renew: Script
  /** Keys: version, lease. Arguments: token, channel, news. Gives `done`. */
  readonly release: Script
}

/** In the place of a revision. No revision looks like these: it is a UUID. */
export const ANY_REVISION = '*'
export const NO_ENTRY = '-'
/** In the place of a lease token. */
export const NO_LEASE = ''

// First in each script, so that an older evergrant leaves alone what a newer one made, from that moment on.
const GUARD = `
local version = redis.call('GET', KEYS[1])
if version and version ~= '${LAYOUT_VERSION}' then return {'version', version} end
`

const CLAIM = `
if not version then redis.call('SET', KEYS[1], '${LAYOUT_VERSION}') end
`

const READ = `
local fields = redis.call('HMGET', KEYS[2], 'revision', 'value')
if fields[1] and fields[2] then return {'entry', fields[1], fields[2]} end
if redis.call('EXISTS', KEYS[2]) == 1 then return {'damaged'} end
return {'none'}
`

// The lease is looked at in the same step as the write, so nobody can take it in between.
const COMPARE = `
if ARGV[2] ~= '${NO_LEASE}' and redis.call('GET', KEYS[3]) ~= ARGV[2] then return {'lost'} end
local revision = redis.call('HGET', KEYS[2], 'revision')
local whole = revision and redis.call('HEXISTS', KEYS[2], 'value') == 1
if not whole and redis.call('EXISTS', KEYS[2]) == 1 then return {'damaged'} end
if revision and revision == ARGV[5] then return {'done'} end
if ARGV[1] ~= '${ANY_REVISION}' and ARGV[1] ~= (revision or '${NO_ENTRY}') then return {'conflict'} end
`

// Announced first: if this user may not, nothing has been written yet. Nobody hears of it before the script is through.
const ANNOUNCE = `
redis.call('PUBLISH', ARGV[3], ARGV[4])
`

const WRITE = `
redis.call('HSET', KEYS[2], 'revision', ARGV[5], 'value', ARGV[6])
return {'done'}
`

const REMOVE = `
if not revision then return {'done'} end
${ANNOUNCE}
redis.call('DEL', KEYS[2])
return {'done'}
`

const TAKE = `
local holder = redis.call('GET', KEYS[2])
if holder and string.sub(holder, -string.len(ARGV[1])) ~= ARGV[1] then
  return {'held', redis.call('PTTL', KEYS[2])}
end
local token = holder or redis.call('INCR', KEYS[3]) .. ':' .. ARGV[1]
redis.call('SET', KEYS[2], token, 'PX', ARGV[2])
return {'taken', token}
`

const RENEW = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return {'lost'} end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return {'held'}
`

const RELEASE = `
if redis.call('GET', KEYS[2]) == ARGV[1] then
  redis.call('PUBLISH', ARGV[2], ARGV[3])
  redis.call('DEL', KEYS[2])
end
return {'done'}
`

export function createScripts(): Scripts {
  return {
    read: script(GUARD, READ),
    write: script(GUARD, COMPARE, ANNOUNCE, CLAIM, WRITE),
    remove: script(GUARD, COMPARE, REMOVE),
    take: script(GUARD, CLAIM, TAKE),
    renew: script(GUARD, RENEW),
    release: script(GUARD, RELEASE),
  }
}

function script(...parts: readonly string[]): Script {
  const text = parts.join('')
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}
