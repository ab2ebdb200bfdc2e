import { coldStart } from './cold-start.ts'
import { degraded } from './degraded.ts'
import { expired } from './expired.ts'
import { hotPath } from './hot-path.ts'
import { lifetimes } from './lifetimes.ts'
import { manyClients } from './many-clients.ts'
import { overhead } from './overhead.ts'
import { revoked } from './revoked.ts'
import { rotation } from './rotation.ts'
import type { Scenario } from './scenario.ts'
import { secrets } from './secrets.ts'
import { silence } from './silence.ts'
import { storm } from './storm.ts'

/** In the order of the report: what goes wrong first, what it costs last. */
export const SCENARIOS: readonly Scenario[] = [
  revoked,
  rotation,
  silence,
  degraded,
  storm,
  coldStart,
  expired,
  lifetimes,
  secrets,
  hotPath,
  overhead,
  manyClients,
]
