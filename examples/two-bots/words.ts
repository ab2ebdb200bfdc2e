/** What a bot is told: where it trades, and the file that both share. */
export interface BotOrder {
  readonly baseUrl: string
  readonly credentials: { readonly clientSecret: string; readonly refreshToken: string }
  readonly file: string
}

/** What a bot says, one line of JSON each. */
export type BotWord =
  /** It has called the API; `failure` is a code, or `null`. */
  | { readonly said: 'called'; readonly failure: string | null }
  /** It has a new token. `granted`: it has fetched it. `adopted`: the other has. */
  | { readonly said: 'has'; readonly outcome: string; readonly generation: number }
