/** A trouble in a person's words. Nothing in it is secret. */
export interface Explanation {
  /** What happened, in one sentence. */
  readonly what: string
  /** Why, as far as it is known. */
  readonly why: string
  /** What to do next, in order. */
  readonly next: readonly string[]
}
