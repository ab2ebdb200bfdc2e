import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Sharing, TokenStore } from '@evergrant/core'
import { VirtualClock } from '@evergrant/testing'
import { openBot, type Bot } from './bot.ts'
import type { SiblingCommand, SiblingReport } from './sibling-command.ts'

interface OpenedStore {
  readonly store: TokenStore
  /** How far it is to reach. */
  readonly sharing: Sharing
  /** Closes what it has open. */
  readonly dispose?: () => Promise<void>
}

function say(report: SiblingReport): void {
  writeSync(1, `${JSON.stringify(report)}\n`)
}

/** The program of one of several processes on one store, whose time is moved by the parent. See sibling-command.ts. */
export async function runSibling(
  openStore: (opening: unknown, clock: VirtualClock) => OpenedStore | Promise<OpenedStore>,
): Promise<void> {
  await using resources = new AsyncDisposableStack()
  let bot: Bot | null = null

  async function open({ opening, now, ...access }: Extract<SiblingCommand, { do: 'open' }>): Promise<Bot> {
    const clock = new VirtualClock({ now })
    const { store, sharing, dispose } = await openStore(opening, clock)
    resources.defer(async () => dispose?.())
    const opened = openBot({ ...access, store, sharing, clock })
    resources.defer(() => opened.session.dispose())
    return opened
  }

  say({ said: 'ready' })
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as SiblingCommand
    if (command.do === 'open') {
      bot = await open(command)
      say({ said: 'opened' })
    } else if (bot !== null) say({ said: 'lived', ...(await bot.live(command)) })
  }
}
