import { getEventListeners } from 'node:events'
import { VirtualClock } from '@evergrant/testing'
import { describe, expect, it } from 'vitest'
import { pause } from '../src/time/pause.ts'

describe('a pause', () => {
  it('P12 ends with its time, holds the process until then, and leaves nothing on the signal', async () => {
    const clock = new VirtualClock()
    const { signal } = new AbortController()
    const pausing = pause(clock, 25, signal)
    expect([clock.held, getEventListeners(signal, 'abort').length]).toEqual([1, 1])
    await clock.advance(25)
    await pausing
    expect([clock.pending, getEventListeners(signal, 'abort').length]).toEqual([0, 0])
  })

  it('P12 ends with the signal, at once, and with its reason', async () => {
    const clock = new VirtualClock()
    const controller = new AbortController()
    const reason = new Error('not any more')
    const pausing = pause(clock, 25, controller.signal)
    controller.abort(reason)
    await expect(pausing).rejects.toBe(reason)
    await expect(pause(clock, 25, controller.signal)).rejects.toBe(reason)
    expect(clock.pending).toBe(0)
  })
})
