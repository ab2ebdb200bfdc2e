import { TASTYTRADE_FAULTS } from '../tastytrade/fault-script.ts'
import type { TastytradeFault } from '../tastytrade/faults.ts'
import { ECHO_LENGTH, ECHOES } from './echoes.ts'
import { STORE_TROUBLES } from './store-troubles.ts'
import type { CanaryPlace, CanarySubject, Mend, World } from './world.ts'

/** One thing that goes wrong. */
export interface FailurePath<Place extends CanaryPlace = CanaryPlace> {
  readonly name: string
  /** Makes it go wrong from now on; gives back the way to mend it. */
  readonly begin: (world: World<Place>) => Mend | Promise<Mend>
  /** How many token requests show all of it. */
  readonly answers: number
}

/** Every failure that a subject is led through: of the server, of what it repeats, and of the store. */
export function failurePaths<Place extends CanaryPlace>(subject: CanarySubject<Place>): readonly FailurePath<Place>[] {
  return [
    ...TASTYTRADE_FAULTS.map((fault) => ({ name: `the fault ${fault}`, answers: 1, begin: serverFault(fault) })),
    ...Object.entries(ECHOES).map(([name, echo]) => ({
      name,
      answers: ECHO_LENGTH,
      begin: (world: World) => {
        world.echo = echo
        return () => void (world.echo = null)
      },
    })),
    ...Object.entries(STORE_TROUBLES).map(([name, trouble]) => ({
      name: `a store with ${name}`,
      answers: 1,
      begin: ({ store }: World) => {
        store.trouble = trouble
        return () => void (store.trouble = null)
      },
    })),
    ...Object.entries(subject.troubles ?? {}).map(([name, begin]) => ({
      name: `a store with ${name}`,
      answers: 1,
      begin: ({ place }: World<Place>) => (place === null ? () => undefined : begin(place)),
    })),
  ]
}

// The default of megabytes would only take longer to search.
const OVERSIZED = 200_000

function serverFault(fault: TastytradeFault) {
  return ({ fake }: World): (() => void) => {
    const everything = { on: 'all', times: Number.POSITIVE_INFINITY } as const
    if (fault === 'oversized') fake.fail(fault, { ...everything, bytes: OVERSIZED })
    else fake.fail(fault, everything)
    return () => {
      fake.heal()
      fake.unblock()
    }
  }
}
