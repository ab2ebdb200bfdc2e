import type { Access, Life, Lived } from './bot.ts'

/** What a sibling is told, one JSON text a line, so that no secret is among its arguments. It ends with its input. */
export type SiblingCommand =
  | ({
      readonly do: 'open'
      /** How to open the store. Plain data. */
      readonly opening: unknown
      /** What its clock shows from then on, epoch ms. */
      readonly now: number
    } & Access)
  | ({ readonly do: 'live' } & Life)

/** What it says, one JSON text a line. */
export type SiblingReport = { readonly said: 'ready' | 'opened' } | ({ readonly said: 'lived' } & Lived)
