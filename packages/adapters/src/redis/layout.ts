/** The names of what a store keeps at the server. */
export interface Layout {
  readonly version: string
  /** Counts leases: the number of each is greater than those before it. */
  readonly fence: string
  readonly entry: (key: string) => string
  /** Of all entries whose keys begin so, as SCAN takes it. */
  readonly entriesWith: (prefix: string) => string
  readonly lease: (key: string) => string
  /** A channel, not a key. */
  readonly news: string
}

/** What is announced on the channel, each followed by a space and the key that it is about. */
export type Topic = 'changed' | 'released'

/** Of the names and of what they hold. Whatever changes either gets a new number. */
export const LAYOUT_VERSION = 1

/** A Redis Cluster keeps names with the same text in braces on one node, and only there may a script use several. */
const HASH_TAG = '{store}'

export function layoutOf(prefix: string): Layout {
  const root = `${prefix}${HASH_TAG}:`
  return {
    version: `${root}version`,
    fence: `${root}fence`,
    entry: (key) => `${root}entry:${key}`,
    // All else that means something in a pattern is kept from it by a backslash.
    entriesWith: (start) => `${`${root}entry:${start}`.replaceAll(/[\\*?[\]^-]/g, String.raw`\$&`)}*`,
    lease: (key) => `${root}lease:${key}`,
    news: `${root}news`,
  }
}

export function newsOf(topic: Topic, key: string): string {
  return `${topic} ${key}`
}
