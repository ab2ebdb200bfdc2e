import type { Keeper } from '@evergrant/keeper'
import { VirtualClock } from '@evergrant/testing'
import { expect, it } from 'vitest'
import { openLog } from '../../src/serve/serve-log.ts'
import { untilTold } from '../../src/serve/until-told.ts'
import { createInterrupts } from '../../src/terminal/interrupts.ts'
import { collector } from '../support/collector.ts'

it('a keeper that takes long to end tells so, and holds the process until it has', async () => {
  const clock = new VirtualClock()
  const interrupts = createInterrupts()
  const { stream: stdout, text } = collector(false)
  const io = { stdin: process.stdin, stdout, stderr: stdout, env: {}, cwd: '/', interrupts, clock }
  let drained = (): void => undefined
  const disposal = new Promise<void>((resolve) => (drained = resolve))
  const keeper: Pick<Keeper, 'dispose'> = { dispose: () => disposal }
  using log = openLog({}, io)
  const ended = untilTold(keeper, log, io)
  await clock.advance(60_000)
  expect(text()).toBe('')

  interrupts.raise('SIGTERM')
  await clock.advance(11_000)
  expect(text()).toMatch(/^It ends: .*\n {2}still at it after 5 s\n {2}still at it after 10 s\n$/)
  expect(clock.held).toBe(1)
  drained()
  await ended
  expect(text()).toMatch(/Everything is saved\.\n$/)
  expect(clock.pending).toBe(0)
})
