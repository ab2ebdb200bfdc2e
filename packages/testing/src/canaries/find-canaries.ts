import { SHORTEST_SECRET, type Canaries, type FoundCanary } from './canaries.ts'
import { isPlainData } from './plain-data.ts'
import { showings } from './showings.ts'
import { visibleTexts, type VisibleText } from './visible.ts'
import { placeOf } from './ways.ts'

/** A secret that became visible. It says where and which, and does not repeat it. */
export interface CanaryFinding extends FoundCanary {
  /** Where it can be read: a way through the value, e.g. `.cause.config`, or what shows it, e.g. `util.inspect`. */
  readonly place: string
}

/** A secret can be seen. `findings` says where; the secret itself is in none of its properties. */
export class CanaryFoundError extends Error {
  override readonly name = 'CanaryFoundError'
  readonly findings: readonly CanaryFinding[]

  constructor(findings: readonly CanaryFinding[]) {
    super(`A secret can be seen:\n${describeFindings(findings)}`)
    this.findings = findings
  }
}

/**
 * Looks for planted secrets in everything that can be read of a value: all that can be reached from it, and all that
 * loggers, serializers and debuggers make of it. Each secret is named once for each place.
 */
export function findCanaries(value: unknown, canaries: Canaries): readonly CanaryFinding[] {
  return [...search(readable(value), canaries, new Set())]
}

/**
 * The same for each of many values that have much in common, by name: what was read of one is passed over in the next.
 */
export function findCanariesInAll(
  named: Iterable<readonly [name: string, values: readonly unknown[]]>,
  canaries: Canaries,
): readonly CanaryFinding[] {
  const seen = new WeakSet()
  const shown = new Set<unknown>()
  const clean = new Set<string>()
  return [...named].flatMap(([name, values]) => {
    // No way of showing plain data tells more than is in it, and that is looked through in any case.
    const telling = values.filter((value) => !shown.has(value) && !isPlainData(value))
    for (const value of telling) shown.add(value)
    const findings = [...search(visibleTexts(values, seen), canaries, clean)]
    if (telling.length > 0) findings.push(...search(shownTexts(telling), canaries, clean))
    return findings.map((finding) => ({ ...finding, place: `${name}: ${finding.place}` }))
  })
}

/** Passes over texts that are known to hold none. */
function* search(texts: Iterable<VisibleText>, canaries: Canaries, clean: Set<string>): Generator<CanaryFinding> {
  for (const { way, text } of texts) {
    if (text.length < SHORTEST_SECRET || clean.has(text)) continue
    const all = canaries.find(text)
    if (all.length === 0) clean.add(text)
    for (const found of all) yield { ...found, place: placeOf(way) }
  }
}

/** Throws {@link CanaryFoundError} if a planted secret can be read anywhere in a value. */
export function expectNoCanary(value: unknown, canaries: Canaries): void {
  const findings = findCanaries(value, canaries)
  if (findings.length > 0) throw new CanaryFoundError(findings)
}

/** Everything that {@link findCanaries} looks through, as one text. */
export function visibleText(value: unknown): string {
  return [...readable(value)].map(({ text }) => text).join('\n')
}

// What lies deeper is inspected by itself, where it is reached.
const SHALLOW = { depth: 3 }

function* readable(value: unknown): Generator<VisibleText> {
  yield* visibleTexts(value)
  if (typeof value !== 'string') yield* shownTexts(value)
}

function* shownTexts(value: unknown): Generator<VisibleText> {
  for (const [name, text] of Object.entries(showings(value, SHALLOW))) {
    yield { way: { from: null, to: name, kind: 'view' }, text }
  }
}

// One leak is seen in many places; the first few lead to it.
const MOST_LINES = 10

function describeFindings(findings: readonly CanaryFinding[]): string {
  const places = new Map(findings.map((finding) => [finding.place, describeFinding(finding)]))
  const lines = [...places.values()]
  const more = lines.length - MOST_LINES
  return [...lines.slice(0, MOST_LINES), ...(more > 0 ? [`- and in ${more} other places`] : [])].join('\n')
}

function describeFinding({ canary, form, length, place }: CanaryFinding): string {
  return `- ${canary}: ${length} characters in a row (${form}) in ${place === '' ? 'the value itself' : place}`
}
