import type { TokenStore } from '@evergrant/core'
import type { VirtualClock } from '@evergrant/testing'
import type { RedisClientPattern, RedisStore } from '../../src/redis.ts'

/** A store for a session on a virtual clock, whose time the server does not know. */
export function timeless(store: RedisStore): TokenStore {
  return {
    sharing: store.sharing,
    lease: (key, options) => store.lease(key, options),
    read: (key) => store.read(key),
    write: (key, value, options) => store.write(key, value, options),
    delete: (key, options) => store.delete(key, options),
    watch: (key, changed) => store.watch(key, changed),
  }
}

/**
 * A client for a store of sessions on a virtual clock: time stands still while the real server is at work, as if it took
 * none. Else the clock would run on to the time-outs of whoever waits for it.
 */
export function inNoTime(client: RedisClientPattern, clock: VirtualClock): RedisClientPattern {
  return {
    options: client.options,
    duplicate(overrides) {
      const connection = client.duplicate(overrides)
      return {
        connect: () => clock.during(connection.connect()),
        sendCommand: (args) => clock.during(connection.sendCommand(args)),
        subscribe: (channel, listener) => clock.during(connection.subscribe(channel, listener)),
        on: (event, listener) => connection.on(event, listener),
        unref: () => connection.unref(),
        destroy: () => connection.destroy(),
      }
    },
  }
}
