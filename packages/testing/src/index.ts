export { VirtualClock, type AdvanceUntilOptions, type VirtualClockOptions } from './virtual-clock.ts'
export {
  fakeTastytrade,
  type FakeCredentials,
  type FakeTastytrade,
  type FakeTastytradeOptions,
  type MintOptions,
} from './tastytrade/fake-tastytrade.ts'
export type { Decision } from './tastytrade/authorize-page.ts'
export { TASTYTRADE_FAULTS } from './tastytrade/fault-script.ts'
export type {
  FailOptions,
  FaultHandle,
  OauthErrorParameters,
  TastytradeFault,
  TastytradeFaults,
} from './tastytrade/faults.ts'
export type { FakeFetch } from './tastytrade/fetch-door.ts'
export type { CreateGrantOptions, FakeGrant, Rotation } from './tastytrade/grants.ts'
export type { RandomSource } from './tastytrade/invented-tokens.ts'
export type { FakeListener, ListenOptions } from './tastytrade/listener.ts'
export type { RefreshTokenUse } from './tastytrade/refresh-token-use.ts'
export type { RecordedRequest, RequestFilter, RequestKind, RequestOutcome } from './tastytrade/request-log.ts'
export type { ServerClock } from './tastytrade/server-time.ts'
export * from './store-contract.ts'
