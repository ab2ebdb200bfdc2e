import type { CreateWitness } from '../observation.ts'
import { LEDGER_KEY, ledgerOf, type LedgerView } from '../record-view.ts'

/** P4: nothing with a credential in it leaves while the store knows of a block, but for the one attempt that ends it. */
export const watchBlocks: CreateWitness = ({ world, store, setting }, court) => {
  /** Since when the ledger has had a block without a break; ms since the beginning. */
  let blockedSince: number | null = null

  return {
    written({ written }) {
      if (written.key !== LEDGER_KEY) return
      const after = written.after as unknown as LedgerView | null
      blockedSince = after?.block == null ? null : (blockedSince ?? world.elapsed)
    },
    sent({ flight: { from, knownAt } }) {
      const { state } = from.session.getSnapshot()
      if (state === 'blocked' || state === 'revoked') {
        return court.broken('P4', `${from.name} sends a credential in ${state}`)
      }
      const block = ledgerOf(store)?.block
      if (block == null || blockedSince === null || blockedSince >= knownAt || world.now >= block.until) return
      if (block.claim?.id === from.account) return court.held('P4')
      // Whoever has the time wrong takes a claim for one that has run out, and another's place with it.
      if (setting.hosts === 1 && from.process.host.clockWasWrong) return court.excused('P4')
      court.broken(
        'P4',
        `${from.name} sends a credential while the store knows of a block, and has no claim on the attempt`,
      )
    },
  }
}
