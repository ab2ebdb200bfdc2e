import { github } from './presets/github.ts'
import { google } from './presets/google.ts'
import { microsoft } from './presets/microsoft.ts'
import type { Preset, PresetFacts } from './presets/preset.ts'
import { questrade } from './presets/questrade.ts'
import { schwab } from './presets/schwab.ts'
import { spotify } from './presets/spotify.ts'
import { tradestation } from './presets/tradestation.ts'
import { upstox } from './presets/upstox.ts'
import { zerodha } from './presets/zerodha.ts'

export type { PresetFacts, PresetOptions, PresetSource } from './presets/preset.ts'

export type PresetName =
  | 'github'
  | 'google'
  | 'microsoft'
  | 'questrade'
  | 'schwab'
  | 'spotify'
  | 'tradestation'
  | 'upstox'
  | 'zerodha'

/** Options of `oauth2()` by provider: `oauth2({ ...presets.spotify, clientId })`. What is written after them wins. */
export const presets: Readonly<Record<PresetName, Preset['options']>> = {
  github: github.options,
  google: google.options,
  microsoft: microsoft.options,
  questrade: questrade.options,
  schwab: schwab.options,
  spotify: spotify.options,
  tradestation: tradestation.options,
  upstox: upstox.options,
  zerodha: zerodha.options,
}

/** What else is known of the tokens of each provider, and from where. */
export const presetFacts: Readonly<Record<PresetName, PresetFacts>> = {
  github: github.facts,
  google: google.facts,
  microsoft: microsoft.facts,
  questrade: questrade.facts,
  schwab: schwab.facts,
  spotify: spotify.facts,
  tradestation: tradestation.facts,
  upstox: upstox.facts,
  zerodha: zerodha.facts,
}
