import type { SystemFacts } from '../doctor-ports.ts'
import { failure, fine, type Finding } from '../finding.ts'

/** The oldest major version of Node on which the packages run: `engines` of each. */
export const OLDEST_NODE = 22

export function checkVersions({ node, packages }: SystemFacts): Finding {
  const facts = { node, ...packages }
  if (Number.parseInt(node, 10) >= OLDEST_NODE) {
    return fine('versions', `evergrant ${packages['evergrant'] ?? 'unknown'} on Node ${node}.`, facts)
  }
  return failure('versions', 'usage', {
    title: `Node ${node} is too old.`,
    cause: `evergrant and its packages need Node ${OLDEST_NODE} or newer; scripts end with a SyntaxError, or "is not a function".`,
    next: [`Install Node ${OLDEST_NODE} or newer, the LTS.`, 'Open a new terminal, and run: node --version'],
    page: 'https://nodejs.org/en/download',
    facts,
  })
}
