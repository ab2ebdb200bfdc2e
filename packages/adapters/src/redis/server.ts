import type { Json, Revision, StoredEntry } from '@evergrant/core'
import { corrupt } from '../store/failures.ts'
import { conflict, leaseLost } from '../store/refusals.ts'
import type { RedisConnection } from './connection.ts'
import { damaged, failed, fewReplicas, replyWord } from './failures.ts'
import { LAYOUT_VERSION, newsOf, type Layout } from './layout.ts'
import type { Taking } from './leases.ts'
import type { Link } from './link.ts'
import { ANY_REVISION, createScripts, NO_ENTRY, NO_LEASE, type Script } from './scripts.ts'
import { untold } from './untold.ts'

/** Under which conditions an entry is changed. */
export interface Condition {
  readonly expect: Revision | null | undefined
  readonly lease: { readonly key: string; readonly token: string } | null
}

/** What a store does at the server, each in one round trip unless it says otherwise. */
export interface Server {
  readonly time: () => Promise<number>
  readonly read: (key: string) => Promise<StoredEntry | null>
  /** In several round trips, so that the server never stands still for it. */
  readonly keys: (prefix: string) => Promise<readonly string[]>
  readonly write: (key: string, condition: Condition, revision: Revision, text: string) => Promise<void>
  readonly remove: (key: string, condition: Condition) => Promise<void>
  readonly take: (key: string, nonce: string, ttl: number) => Promise<Taking>
  readonly renew: (key: string, token: string, ttl: number) => Promise<boolean>
  readonly release: (key: string, token: string) => Promise<void>
}

export interface ServerOptions {
  readonly link: Link
  readonly layout: Layout
  readonly location: string
  /** How many replicas must have what was changed before it counts as changed. */
  readonly replicas: number
  /** Ms to wait for them. */
  readonly patience: number
}

interface Call {
  readonly keys: readonly string[]
  readonly args?: readonly (string | Buffer)[]
  /** True if it changes what must not be lost. */
  readonly durable?: boolean
  /** False if doing it twice is not the same as doing it once. Default true. */
  readonly repeatable?: boolean
  /** Takes back what too few replicas have, if it can be taken back. */
  readonly undo?: (reply: Reply) => Promise<void>
}

type Reply = readonly (string | number)[]

/** About as many names the server looks at in one step. */
const NAMES_PER_STEP = '1000'

export function createServer({ link, layout, location, replicas, patience }: ServerOptions): Server {
  const scripts = createScripts()

  async function evaluate(connection: RedisConnection, { text, sha1 }: Script, { keys, args = [] }: Call) {
    const rest = [String(keys.length), ...keys, ...args]
    try {
      return await connection.sendCommand(['EVALSHA', sha1, ...rest])
    } catch (error) {
      if (replyWord(error) !== 'NOSCRIPT') throw error
      return await connection.sendCommand(['EVAL', text, ...rest])
    }
  }

  async function isReplicated(connection: RedisConnection): Promise<boolean> {
    if (replicas === 0) return true
    return Number(await connection.sendCommand(['WAIT', String(replicas), String(patience)])) >= replicas
  }

  async function run(script: Script, name: string, call: Call): Promise<Reply> {
    const { durable = false, repeatable = true } = call
    const keys = [layout.version, ...call.keys]
    const { reply, replicated } = await reach(name, repeatable, async (connection) => {
      const given = (await evaluate(connection, script, { ...call, keys })) as Reply
      const changed = durable && (given[0] === 'done' || given[0] === 'taken')
      return { reply: given, replicated: changed ? await isReplicated(connection) : true }
    })
    if (reply[0] === 'version') throw ofAnotherVersion(String(reply[1]))
    if (reply[0] === 'damaged') throw damaged(location, name)
    if (replicated) return reply
    await call.undo?.(reply)
    throw fewReplicas(location, replicas)
  }

  async function reach<T>(name: string, repeatable: boolean, work: (connection: RedisConnection) => Promise<T>) {
    try {
      return await link.run(work, repeatable)
    } catch (error) {
      const word = replyWord(error)
      if (word === 'WRONGTYPE') throw damaged(location, name)
      if (word !== null) throw failed(location, error)
      throw error
    }
  }

  function ofAnotherVersion(version: string): Error {
    const newer = /^\d{1,9}$/.test(version) && Number(version) > LAYOUT_VERSION
    if (!newer) return damaged(location, layout.version)
    const message = `A newer evergrant keeps its store at ${location} (version ${version} of the layout)`
    return corrupt(
      location,
      message,
      `Update evergrant here too: this one knows up to ${LAYOUT_VERSION}. Nothing was touched.`,
    )
  }

  function change(key: string, { expect, lease }: Condition) {
    const expected = expect === undefined ? ANY_REVISION : (expect ?? NO_ENTRY)
    return {
      keys: [layout.entry(key), layout.lease(lease?.key ?? key)],
      args: [expected, lease?.token ?? NO_LEASE, layout.news, newsOf('changed', key)],
      durable: true,
    }
  }

  function judge(reply: Reply, key: string, { lease }: Condition): void {
    if (reply[0] === 'conflict') throw conflict(key)
    if (reply[0] === 'lost') throw leaseLost(lease?.key ?? key)
  }

  async function release(key: string, token: string): Promise<void> {
    const name = layout.lease(key)
    await run(scripts.release, name, { keys: [name], args: [token, layout.news, newsOf('released', key)] })
  }

  return {
    async time() {
      const [seconds, microseconds] = (await reach('TIME', true, (connection) =>
        connection.sendCommand(['TIME']),
      )) as readonly string[]
      return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000)
    },
    async read(key) {
      const name = layout.entry(key)
      const [found, revision, text] = await run(scripts.read, name, { keys: [name] })
      if (found !== 'entry') return null
      try {
        return { value: JSON.parse(String(text)) as Json, revision: String(revision) }
      } catch {
        // Without the cause: a parser quotes what it could not read, and that may be a secret.
        throw damaged(location, name)
      }
    },
    async keys(prefix) {
      const ask = (connection: RedisConnection) => connection.sendCommand(['GET', layout.version])
      const version = (await reach(layout.version, true, ask)) as string | null
      if (version !== null && version !== String(LAYOUT_VERSION)) throw ofAnotherVersion(version)
      const pattern = layout.entriesWith(prefix)
      const start = layout.entry('').length
      const found = new Set<string>()
      let cursor = '0'
      do {
        const words = ['SCAN', cursor, 'MATCH', pattern, 'COUNT', NAMES_PER_STEP]
        const [next, names] = (await reach(pattern, true, (connection) => connection.sendCommand(words))) as [
          string,
          readonly string[],
        ]
        // A name may be told of twice.
        for (const name of names) found.add(name.slice(start))
        cursor = next
      } while (cursor !== '0')
      return [...found]
    },
    async write(key, condition, revision, text) {
      const { args, ...call } = change(key, condition)
      const reply = await run(scripts.write, layout.entry(key), { ...call, args: [...args, revision, untold(text)] })
      judge(reply, key, condition)
    },
    async remove(key, condition) {
      // Done again, a delete of one revision would find it gone and take that for a conflict.
      const call = { ...change(key, condition), repeatable: condition.expect === undefined }
      judge(await run(scripts.remove, layout.entry(key), call), key, condition)
    },
    async take(key, nonce, ttl) {
      const name = layout.lease(key)
      const undo = ([, token]: Reply) => release(key, String(token))
      const call = { keys: [name, layout.fence], args: [nonce, String(ttl)], durable: true, undo }
      const [came, what] = await run(scripts.take, name, call)
      return came === 'taken' ? { token: String(what) } : { left: Number(what) }
    },
    async renew(key, token, ttl) {
      const name = layout.lease(key)
      return (await run(scripts.renew, name, { keys: [name], args: [token, String(ttl)] }))[0] === 'held'
    },
    release,
  }
}
