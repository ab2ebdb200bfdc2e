import { EvergrantError, invalidOptions } from '@evergrant/core'

/** A time or an offset: any number of ms but the infinite ones. Throws `invalid-options`. */
export function finite(option: string, value: number): number {
  if (!Number.isFinite(value)) throw invalidOptions(option, `${value} is not a time`, 'Pass a finite number of ms.')
  return value
}

/** A length of time, ms. Throws `invalid-options`. */
export function duration(option: string, value: number): number {
  if (finite(option, value) < 0) throw invalidOptions(option, `${value} is negative`, 'Time does not run back.')
  return value
}

/** What a wait on virtual time rejects with when it cannot end well. */
export function gaveUp(why: string, waited: number): EvergrantError<'wait-timeout'> {
  return new EvergrantError('wait-timeout', {
    message: `Virtual time stopped waiting: ${why} (${Math.round(waited)} ms went by)`,
    help: 'Look at the status of the session and at the requests of the fake server: one of them says what it waits for.',
    details: { waited },
  })
}
