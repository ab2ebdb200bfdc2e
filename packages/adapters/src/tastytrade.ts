export type { TastytradeEnvironment } from './tastytrade/environment.ts'
export type { TastytradeOptions } from './tastytrade/options.ts'
export { tastytrade, type TastytradeProvider } from './tastytrade/provider.ts'
export type { FetchFunction } from './http/fetch-function.ts'
