export type { KeeperClientOptions } from './keeper/options.ts'
export { keeperProvider, type KeeperProvider } from './keeper/provider.ts'
export type { FetchFunction } from './http/fetch-function.ts'
