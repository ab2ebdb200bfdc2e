import { setTimeout as pause } from 'node:timers/promises'
import type { ExchangeStep } from '@evergrant/core'
import { startChild } from './child.ts'
import type { MortalAccount, MortalCommand, MortalReport } from './fixtures/mortal-command.ts'
import type { Kill } from './kill-plan.ts'

/** How a process died. */
export interface Ending {
  /** The last step of an exchange that it was heard to take; `none` if it died before the first. */
  readonly lastStep: ExchangeStep | 'none'
  /** Its signal, or its exit code. */
  readonly ended: NodeJS.Signals | number
}

type Asked = Extract<MortalReport, { said: 'asked' }>

/** A process with a session of its own, which can be killed. */
export interface Mortal {
  open(account: MortalAccount): Promise<void>
  ask(): Promise<Asked>
  die(how: Kill['how']): Promise<Ending>
  /** Lets it end by itself, if it is alive. */
  end(): Promise<NodeJS.Signals | number>
  /** Kills it, if it is alive, and waits until it is gone. */
  [Symbol.asyncDispose](): Promise<void>
}

/** `name` is what messages call it. */
export function startMortal(program: string, name: string): Mortal {
  const child = startChild<MortalCommand, MortalReport>(program, name)
  const ready = hearOf('ready')
  // Nobody waits for it yet.
  ready.catch(() => undefined)

  async function hearOf<Said extends MortalReport['said']>(said: Said): Promise<Extract<MortalReport, { said: Said }>> {
    for (let report = await child.hear(); report !== null; report = await child.hear()) {
      if (report.said === said) return report as Extract<MortalReport, { said: Said }>
    }
    throw new Error(`${name} ended (${await child.end()}) and never said ${said}`)
  }

  return {
    async open(account) {
      await ready
      child.tell({ do: 'open', ...account })
      await hearOf('opened')
    },
    ask() {
      child.tell({ do: 'ask' })
      return hearOf('asked')
    },
    async die(how) {
      child.tell({ do: 'die', at: 'heard' in how ? null : how })
      let lastStep: Ending['lastStep'] = 'none'
      let heard = 0
      for (let report = await child.hear(); report !== null; report = await child.hear()) {
        if (report.said !== 'step') continue
        lastStep = report.step
        heard += 1
        if (!('heard' in how) || heard !== how.heard) continue
        await pause(how.after)
        child.kill()
      }
      return { lastStep, ended: await child.end() }
    },
    end() {
      child.dismiss()
      return child.end()
    },
    async [Symbol.asyncDispose]() {
      child.kill()
      await child.end()
    },
  }
}
