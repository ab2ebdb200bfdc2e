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
export {
  describeHttpContract,
  type HttpAbilities,
  type HttpAnswer,
  type HttpBody,
  type HttpCall,
  type HttpClient,
  type HttpClientOptions,
  type HttpContractOptions,
  type HttpSubject,
} from './http-contract.ts'
export {
  describeUiContract,
  type MountedView,
  type UiContractOptions,
  type UiSession,
  type UiSubject,
} from './ui-contract.ts'
export { describeUiServerContract, type RenderOnServer } from './ui-server-contract.ts'
export { plantCanaries, type Canaries, type FoundCanary, type PlantOptions } from './canaries/canaries.ts'
export { describeCanaries, type CanaryRunner } from './canaries/describe-canaries.ts'
export {
  CanaryFoundError,
  expectNoCanary,
  findCanaries,
  visibleText,
  type CanaryFinding,
} from './canaries/find-canaries.ts'
export { SHORTEST_FRAGMENT } from './canaries/fragments.ts'
export { showings, type ShowingOptions } from './canaries/showings.ts'
export { tapFetch, type LoggedRequest, type Wiretap } from './canaries/wiretap.ts'
export type { CanaryClient, CanaryParts, CanaryPlace, CanarySubject, Mend } from './canaries/world.ts'
export { testLifecycle, type LifecycleOptions } from './lifecycle/test-lifecycle.ts'
export { lifecycleModel } from './lifecycle/model.ts'
export type { LifecycleSituation } from './lifecycle/situation.ts'
export { MOVES, type LifecycleAnswer, type Move, type Mover } from './lifecycle/moves.ts'
export { lifecyclePaths, type LifecyclePath, type PathOptions } from './lifecycle/paths.ts'
export { TOKEN_LIFETIME } from './lifecycle/policy.ts'
export type {
  ArrivedRequest,
  CreateLifecycleServer,
  LifecycleDoor,
  LifecycleFetch,
  LifecycleServer,
} from './lifecycle/server.ts'
export { SIMULATED_FAULTS, type SimulatedFault } from './simulation/happenings.ts'
export type { SimulationOptions } from './simulation/options.ts'
export { RECOVERS_FROM_BLOCK_WITHIN, RECOVERS_WITHIN } from './simulation/recovery.ts'
export { simulate, tellReport, type SimulationReport } from './simulation/simulate.ts'
export type { Tally as SimulationTally, Violation as SimulationViolation } from './simulation/trial.ts'
