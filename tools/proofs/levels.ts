/** Where tests of each level live, the first that fits; from the closest look to the widest. */
const PLACES = [
  ['promise', /^packages\/core\/test\/(?:promises|pool)\//],
  ['properties', /^packages\/\w+\/test\/properties\//],
  ['model', /^packages\/core\/test\/machine\.test\.ts$|^packages\/adapters\/test\/on-the-fake\/lifecycle\.test\.ts$/],
  ['simulation', /^packages\/testing\/test\/simulation\/|^npm run simulate/],
  ['endurance', /^packages\/core\/test\/endurance\//],
  [
    'process',
    /^packages\/\w+\/test\/(?:processes\/|[\w-]+-process(?:es)?\.test\.ts$|on-the-fake\/idle-exit\.test\.ts$)/,
  ],
  ['real server', /^packages\/adapters\/test\/authorization-server\//],
  ['canaries', /^packages\/adapters\/test\/canaries\//],
  ['fake server', /^packages\/adapters\/test\/on-the-fake\//],
  ['keeper', /^packages\/keeper\/test\//],
  ['unit', /^packages\/(?:core|adapters)\/test\/[\w-]+\.test\.ts$/],
] as const

export type Level = (typeof PLACES)[number][0]

/** What a test of each level looks at, in the order in which people read of them. */
export const LEVELS: Readonly<Record<Level, string>> = {
  unit: 'one file of the source',
  properties: 'one file of the source, over any input (fast-check)',
  promise: 'sessions on a virtual clock and a scripted server',
  model: 'the machine explored, and sessions driven along the paths of the lifecycle model',
  simulation: 'several processes, one store and one server, over thousands of seeds',
  'fake server': 'sessions over the fake tastytrade',
  process: 'processes of their own on real files, some of them killed',
  'real server': 'sessions over oidc-provider, unmodified',
  canaries: 'recognisable secrets on every path that fails',
  keeper: 'the token service, asked as its callers ask it, alone and as several processes',
  endurance: 'a month, a million calls, ten thousand sessions',
}

export const LEVEL_NAMES = Object.keys(LEVELS) as readonly Level[]

/** The level of a test file; `null` for one that tests the test kit or the documents and so guards no promise itself. */
export function levelOf(file: string): Level | null {
  return PLACES.find(([, place]) => place.test(file))?.[0] ?? null
}
