import { LEVEL_NAMES } from './levels.ts'
import { PROMISE_NAMES } from './promises.ts'
import type { Proof } from './prove.ts'

/** A line for each fault as it is done, and one for each of its tests that missed it. */
export function inLines({ fault, judgements, caught, seconds }: Proof, place: string): string {
  const tests = `${judgements.filter((one) => one.caught).length} of ${judgements.length} tests`
  const line = `${place} ${caught ? 'caught' : 'MISSED'}  ${fault.name} (${tests}, ${seconds.toFixed(1)} s)`
  const missed = judgements.filter((one) => !one.caught)
  return [
    line,
    ...missed.map(({ guard, said }) => `          ${guard.file} › ${guard.name}\n            ${said}`),
  ].join('\n')
}

/** How many faults of each promise were caught at each level, of how many. */
export function inTable(proofs: readonly Proof[]): string {
  const judgements = proofs.flatMap((proof) => proof.judgements)
  const levels = LEVEL_NAMES.filter((level) => judgements.some(({ guard }) => guard.level === level))
  const rows = PROMISE_NAMES.flatMap((promise) => {
    const own = judgements.filter(({ guard }) => guard.promises.includes(promise))
    if (own.length === 0) return []
    const cells = levels.map((level) => {
      const here = own.filter(({ guard }) => guard.level === level)
      return here.length === 0 ? '' : `${here.filter(({ caught }) => caught).length}/${here.length}`
    })
    return [[promise, ...cells]]
  })
  const table = [['', ...levels], ...rows]
  const widths = ['', ...levels].map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function inTotal(proofs: readonly Proof[]): string {
  return `${proofs.length} faults, ${proofs.filter(({ caught }) => caught).length} caught`
}

export function inJson(proofs: readonly Proof[]): string {
  return JSON.stringify({
    faults: proofs.length,
    caught: proofs.filter(({ caught }) => caught).length,
    proofs: proofs.map(({ fault, judgements, caught, seconds }) => ({
      name: fault.name,
      promises: fault.promises,
      caught,
      seconds,
      tests: judgements.map(({ guard, caught: red, said }) => ({
        file: guard.file,
        name: guard.name,
        level: guard.level,
        caught: red,
        said,
      })),
    })),
  })
}
