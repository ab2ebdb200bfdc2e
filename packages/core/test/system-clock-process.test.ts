import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSystemClock } from '../src/time/system-clock.ts'
import { handMadeClock } from './support/hand-made-clock.ts'

const HOUR = 3_600_000

describe('holding the process', () => {
  it('P12 is what an alarm does that says so, and only as long as it waits', () => {
    const made = handMadeClock()
    const now = made.clock.monotonic()
    const holds = () => made.timers.map(({ referenced }) => referenced)
    made.clock.alarm(now + 10, () => undefined)
    expect(holds()).toEqual([false])
    const held = made.clock.alarm(now + 20, () => undefined, { hold: true })
    expect(holds()).toEqual([true])
    held[Symbol.dispose]()
    expect(holds()).toEqual([false])
  })

  it('P12 ends when the alarm has fired', () => {
    const made = handMadeClock()
    const now = made.clock.monotonic()
    made.clock.alarm(now + 10, () => undefined, { hold: true })
    made.clock.alarm(now + 20, () => undefined)
    made.fire()
    expect(made.timers.map(({ referenced }) => referenced)).toEqual([false])
  })

  it('P12 goes over to the next timer of an alarm that is far away', () => {
    const made = handMadeClock()
    made.clock.alarm(made.clock.monotonic() + HOUR, () => undefined, { hold: true })
    made.fire()
    expect(made.timers.map(({ referenced }) => referenced)).toEqual([true])
  })

  it('is left alone where timers cannot', () => {
    let timers = 0
    const clock = createSystemClock({ setTimer: () => (timers += 1), clearTimer: () => undefined })
    const alarm = clock.alarm(clock.monotonic() + 1, () => undefined, { hold: true })
    alarm[Symbol.dispose]()
    expect(timers).toBe(1)
  })
})

describe('a real process', () => {
  async function run(script: string): Promise<{ code: number | null; said: string }> {
    const child = spawn(process.execPath, ['--conditions=@evergrant/source', '--input-type=module', '--eval', script], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, said }
  }

  const arm = (ms: number, options: string) => `
    import { systemClock } from '@evergrant/core'
    systemClock.alarm(systemClock.monotonic() + ${ms}, () => console.log('fired'), ${options})
    process.on('exit', () => console.log('exit'))`

  it('P12 exits by itself while an alarm is pending', async () => {
    expect(await run(arm(HOUR, '{}'))).toEqual({ code: 0, said: 'exit\n' })
  })

  it('P12 stays until an alarm that holds it has fired', async () => {
    expect(await run(arm(20, '{ hold: true }'))).toEqual({ code: 0, said: 'fired\nexit\n' })
  })
})
