/** Durations of one route. */
interface Durations {
  /** `took` in seconds. */
  observe(took: number): void
}

/** A histogram by route, in the text format of Prometheus. */
export interface DurationHistogram {
  of(route: string): Durations
  text(): string
}

/** Seconds. A token in hand takes a tenth of a millisecond, one that has to be fetched up to half a minute. */
export const BUCKETS: readonly number[] = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]

/**
 * Of our own, since every request is measured: prom-client looks up the labels anew each time, which takes longer than all else
 * that is done for a token in hand.
 */
export function createDurations(name: string, help: string): DurationHistogram {
  const routes = new Map<string, { readonly counts: number[]; sum: number }>()

  function lines(
    route: string,
    { counts, sum }: { readonly counts: readonly number[]; readonly sum: number },
  ): string[] {
    let total = 0
    const label = `route=${JSON.stringify(route)}`
    const buckets = counts.map((count, place) => {
      total += count
      return `${name}_bucket{le="${BUCKETS[place] ?? '+Inf'}",${label}} ${total}`
    })
    return [...buckets, `${name}_sum{${label}} ${sum}`, `${name}_count{${label}} ${total}`]
  }

  return {
    of(route) {
      const counts = Array.from({ length: BUCKETS.length + 1 }, () => 0)
      const tally = routes.get(route) ?? { counts, sum: 0 }
      routes.set(route, tally)
      return {
        observe(took) {
          let place = 0
          while (place < BUCKETS.length && took > (BUCKETS[place] ?? 0)) place += 1
          tally.counts[place] = (tally.counts[place] ?? 0) + 1
          tally.sum += took
        },
      }
    },
    text() {
      const all = [...routes].flatMap(([route, tally]) => lines(route, tally))
      return [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...all, ''].join('\n')
    },
  }
}
