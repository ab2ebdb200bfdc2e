import type { Secret } from '@evergrant/core'
import type { Io } from '../io.ts'
import type { Prompts } from '../terminal/prompts.ts'

/** What the wizard works with. */
export interface LoginPorts {
  readonly io: Io
  /** `null` where there is no terminal to ask at. */
  readonly prompts: Prompts | null
  /** Opens an address for the person; false if that cannot be done here. */
  readonly openBrowser: (url: string) => Promise<boolean>
}

export type Scope = 'read' | 'trade'

/** Who asks the provider, and for what. */
export interface ClientInput {
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes: readonly Scope[]
}

/** What a person gave, or a login brought. */
export interface GivenCredentials {
  readonly clientId?: string | undefined
  readonly clientSecret: Secret
  readonly refreshToken: Secret
}
