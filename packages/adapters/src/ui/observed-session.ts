import { blankStatus, type SessionStatus, type TokenSession } from '@evergrant/core'

/** What a UI binding needs of a session. */
export type ObservedSession = Pick<TokenSession, 'getSnapshot' | 'subscribe' | 'token$' | 'status$'>

/** Picks what a component shows, so that it is drawn anew for nothing else. */
export type SelectStatus<T> = (status: SessionStatus) => T

/** Whether a component may go on showing what it shows. Default everywhere: `Object.is`. */
export type IsSame<T> = (shown: T, next: T) => boolean

/** What a server renders: nobody is logged in there, and no store is read. */
export const statusOnServer: SessionStatus = blankStatus
