/** Where the replicas find what they share. */
export type StorePlan =
  | { readonly kind: 'postgres'; readonly url: string; readonly schema: string }
  | { readonly kind: 'redis'; readonly url: string; readonly prefix: string }

/** What a replica is told, as one line of JSON on its input: secrets do not belong among arguments. */
export interface ReplicaPlan {
  readonly store: StorePlan
  /** 32 bytes in base64, the same for all replicas. */
  readonly sealingKey: string
  /** Of the fake tastytrade. */
  readonly baseUrl: string
  /** 0 for one that is free. */
  readonly port: number
  readonly userAgent: string
}
