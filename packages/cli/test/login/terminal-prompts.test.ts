import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { systemClock } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import type { Io } from '../../src/io.ts'
import { createInterrupts, Interrupted } from '../../src/terminal/interrupts.ts'
import { terminalPrompts, type Prompts } from '../../src/terminal/prompts.ts'
import { collector } from '../support/collector.ts'

const ENTER = '\r'
const DOWN = '\u001B[B'
const CTRL_C = '\u0003'

/** A terminal of streams: what is typed, and what can be read on it. */
function terminal({ tty = true } = {}) {
  const stdin = Object.assign(new PassThrough(), { isTTY: tty, setRawMode: () => undefined })
  const stderr = collector(tty)
  const interrupts = createInterrupts()
  const io: Io = {
    stdin,
    stdout: new PassThrough(),
    stderr: stderr.stream,
    env: {},
    cwd: '/',
    interrupts,
    clock: systemClock,
  }
  return {
    interrupts,
    prompts: () => terminalPrompts(io),
    shown: stderr.text,
    /** Types once the text is there. */
    type: async (after: string, keys: string): Promise<void> => {
      await stderr.saw(after)
      stdin.write(keys)
    },
  }
}

async function open(): Promise<ReturnType<typeof terminal> & { readonly ask: Prompts }> {
  const opened = terminal()
  const ask = await opened.prompts()
  if (ask === null) throw new Error('no prompts at a terminal')
  return { ...opened, ask }
}

describe('questions at the terminal', () => {
  it('show nothing of a secret, and drop the white space around it', async () => {
    const { ask, type, shown } = await open()
    const answer = ask.askSecret('Client secret')
    await type('Client secret', `  invented-secret ${ENTER}`)
    expect((await answer).reveal()).toBe('invented-secret')
    expect(stripVTControlCharacters(shown()).replaceAll('Client secret', '')).not.toMatch(/[a-z0-9•]/i)
  })

  it('ask again until the answer will do', async () => {
    const { ask, type } = await open()
    const answer = ask.ask('Client ID', { check: (text) => (text === 'good' ? undefined : 'Not that one.') })
    await type('Client ID', ENTER)
    await type('An answer is needed here.', `bad${ENTER}`)
    await type('Not that one.', `\u007F\u007F\u007Fgood${ENTER}`)
    await expect(answer).resolves.toBe('good')
  })

  it('begin anew after a secret that was refused, and keep saying why', async () => {
    const { ask, type, shown } = await open()
    const answer = ask.askSecret('Secret', { check: (text) => (text === 'good' ? undefined : 'Not that one.') })
    await type('Secret', `bad${ENTER}`)
    await type('Not that one.', `\u200B\u00A0good\uFEFF\u200B${ENTER}`)
    expect((await answer).reveal()).toBe('good')
    expect(shown().split('Not that one.')).toHaveLength(2)
  })

  it('let one of several be chosen', async () => {
    const { ask, type } = await open()
    const answer = ask.choose('Which?', [
      { value: 'one', label: 'The first' },
      { value: 'two', label: 'The second', hint: 'later' },
    ])
    await type('The second', `${DOWN}${ENTER}`)
    await expect(answer).resolves.toBe('two')
  })

  it('end with the key Ctrl-C, with the signal, and when the question is taken back', async () => {
    const { ask, type, interrupts } = await open()
    const first = ask.askSecret('First')
    await type('First', CTRL_C)
    await expect(first).rejects.toBeInstanceOf(Interrupted)
    const over = new AbortController()
    const second = ask.ask('Second', { signal: over.signal })
    await type('Second', 'half')
    over.abort(new Error('came by itself'))
    await expect(second).rejects.toThrow('came by itself')
    const third = ask.choose('Third', [{ value: 'a', label: 'A' }])
    interrupts.raise('SIGTERM')
    await expect(third).rejects.toMatchObject({ by: 'SIGTERM' })
    await expect(ask.ask('Fourth')).rejects.toMatchObject({ by: 'SIGTERM' })
  })

  it('are not asked where nobody sits', async () => {
    await expect(terminal({ tty: false }).prompts()).resolves.toBeNull()
  })
})
