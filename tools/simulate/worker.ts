import { simulate } from '@evergrant/testing'
import { add, NOTHING, type Share, type Word } from './words.ts'

/** Runs between two words of progress. */
const WORD_EVERY = 25

const tell = (word: Word) => process.send?.(word)

// Whoever asked is gone.
process.once('disconnect', () => process.exit())
process.once('message', (share: Share) => void work(share))

async function work({ from, to, step }: Share): Promise<void> {
  let sum = NOTHING
  for (let seed = from; seed < to; seed += step) {
    const report = await simulate({ seed })
    if (report.violation !== null) {
      tell({ type: 'broken', report })
      break
    }
    sum = add(sum, { runs: 1, ...report.counts, tally: report.tally })
    if (sum.runs % WORD_EVERY === 0) tell({ type: 'progress', runs: sum.runs })
  }
  tell({ type: 'done', sum })
  process.disconnect()
}
