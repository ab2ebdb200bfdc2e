export { bearerFetch } from './bearer/bearer-fetch.ts'
export type { BearerOptions, BearerSession, ReplayCandidate, ReplayRule } from './bearer/options.ts'
export type { FetchFunction } from './http/fetch-function.ts'
