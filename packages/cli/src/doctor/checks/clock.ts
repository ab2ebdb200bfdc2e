import { formatDuration } from '../../output/duration.ts'
import { fine, note, warning, type Finding } from '../finding.ts'
import type { Probe } from '../probe-server.ts'

// The server tells no less.
const SECOND = 1_000
/** Ms. Below, nobody is hurt. */
const NOTICEABLE = 5_000
/** Ms. Beyond, other programs fail by it: a minute is what most allow a token to be off. */
const HARMFUL = 60_000

/** The clock of this machine beside that of the server. */
export function checkClock(probe: Probe): Finding | null {
  if (probe.type !== 'answered' || probe.ahead === null) return null
  const { ahead, took } = probe
  const facts = { ahead, took }
  const off = Math.abs(ahead)
  // Half of the way cannot be told apart from a clock that is off.
  if (off <= NOTICEABLE + took / 2) return fine('clock', "The clock agrees with the server's.", facts)
  const title = `The clock of this computer is ${formatDuration(Math.round(off / SECOND) * SECOND)} ${ahead > 0 ? 'behind' : 'ahead of'} the server's.`
  const cause =
    "evergrant counts by the server's clock and is not misled; other programs are, and take good tokens for dead or dead ones for good."
  const next = [
    'Let the computer set its clock by the network (Linux: timedatectl set-ntp true; else in the settings for date and time).',
  ]
  const told = { title, cause, next, facts }
  return off < HARMFUL ? note('clock', told) : warning('clock', told)
}
