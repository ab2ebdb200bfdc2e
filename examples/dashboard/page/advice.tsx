import type { ShownBot } from '../world/lab.ts'

/** What the person should do next, in the words of the sessions; said once if several say the same. */
export function Advice({ bots }: { readonly bots: readonly ShownBot[] }) {
  const all = bots.flatMap(({ bot }) => {
    const { state, lastFailure } = bot.session.getSnapshot()
    return state === 'valid' || lastFailure === null ? [] : [lastFailure.help]
  })
  const helps = [...new Set(all)]
  return <p className="advice">{helps.length === 0 ? 'Nothing to do.' : helps.join(' ')}</p>
}
