/** What a server of the bench is told by the process that began it. */
export type Order =
  | ({ readonly do: 'serve' } & Serving)
  /** Ms that a token request takes from then on. */
  | { readonly do: 'delay'; readonly latency: number }
  | { readonly do: 'weigh' | 'time' }

export type Serving =
  /** A Hono handler that gives what a keeper would give, and does nothing else. */
  { readonly what: 'bare' } | { readonly what: 'keeper'; readonly place: PlaceAddress; readonly concurrency: number }

export type PlaceAddress =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly schema: string }

/** What it says, one for each order. */
export type Answer = Served | Weight | Time | { readonly said: 'done' }

export interface Served {
  readonly said: 'served'
  readonly port: number
  /** An API key that may do everything. */
  readonly key: string
}

export interface Weight {
  readonly said: 'weighed'
  /** Bytes that are reachable. */
  readonly heap: number
}

export interface Time {
  readonly said: 'timed'
  /** Ms of processor time so far. */
  readonly cpu: number
}

/** 32 bytes, with which all places of the bench are sealed. */
export const SEALING_KEY = '5e'.repeat(32)
