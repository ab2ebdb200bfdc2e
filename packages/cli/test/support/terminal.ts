import { onTestFinished } from 'vitest'

/** Ms in which a command comes to its next question, also on a busy machine. */
const PATIENCE = 25_000
const SIZE = { cols: 120, rows: 40 }
const ENTER = '\r'
const DOWN = '\u001B[B'
/** The shell is ready: how the last command ended. */
const READY = /\((\d+)\) \$ $/

/** A shell at a pseudo-terminal, and a person in front of its screen. */
export interface Terminal {
  /** Types a command, and presses Enter. What was there before is not looked at any more. */
  enter(command: string): void
  press(keys: string): void
  /** Moves to a choice of the question that is asked, and takes it. */
  choose(question: string, label: string): Promise<void>
  /** Answers a question by typing, or pasting, what `give` gives once it is asked. */
  answer(question: string, give: () => string | Promise<string>): Promise<void>
  /** Resolves with what can be read since the last command, once this is in it. Rejects after a bound. */
  saw(text: string): Promise<string>
  /** Resolves with the exit code of the last command, once it has ended. */
  ended(): Promise<number>
  /** What can be read since the last command: lines as they were written, however wide the screen is. */
  shown(): string
  /** All that ever came, with what was wiped away again, and control characters. */
  raw(): string
}

export interface TerminalOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** Opens a terminal; it is closed with the test at the latest. */
export async function openTerminal({ cwd, env }: TerminalOptions): Promise<Terminal> {
  // Only here: where there is no binary of it, this file can be read all the same.
  const [{ spawn }, { default: xterm }] = await Promise.all([import('@lydell/node-pty'), import('@xterm/headless')])
  // With a screen, since what a program has written is not yet what a person can read: npx wipes the last line.
  const screen = new xterm.Terminal({ ...SIZE, scrollback: 5_000, allowProposedApi: true })
  const shell = spawn('/bin/sh', ['-i'], { ...SIZE, name: 'xterm-256color', cwd, env: { ...env, PS1: '($?) $ ' } })
  onTestFinished(() => {
    shell.kill('SIGKILL')
    screen.dispose()
  })
  const waiting = new Set<() => void>()
  let raw = ''
  /** The row in which the last command stands; none yet. */
  let begin = -1
  shell.onData((data) => {
    raw += data
    screen.write(data, () => {
      for (const look of waiting) look()
    })
  })

  /** The lines since the last command; one that is wider than the screen is one all the same. */
  function lines(): readonly string[] {
    const found: string[] = []
    const { active } = screen.buffer
    for (let row = Math.max(begin, 0); row <= active.baseY + active.cursorY; row += 1) {
      const line = active.getLine(row)
      const text = line?.translateToString(active.getLine(row + 1)?.isWrapped !== true) ?? ''
      if (line?.isWrapped === true && row > begin) found.push(`${found.pop() ?? ''}${text}`)
      else found.push(text)
    }
    return found
  }

  /** Waits, not by time but for what comes, until there is something to find. */
  async function until<T>(find: () => T | null, what: string): Promise<T> {
    let look = (): void => undefined
    let bound: NodeJS.Timeout | undefined
    try {
      return await new Promise<T>((resolve, reject) => {
        look = () => {
          const found = find()
          if (found !== null) resolve(found)
        }
        bound = setTimeout(() => reject(new Error(`Waited for ${what}, and saw:\n${lines().join('\n')}`)), PATIENCE)
        waiting.add(look)
        look()
      })
    } finally {
      clearTimeout(bound)
      waiting.delete(look)
    }
  }

  const press = (keys: string): void => shell.write(keys)

  /** The question that is open is the last one with a full mark. */
  const asked = (question: string): Promise<true> =>
    until(() => {
      const last = lines().findLast((line) => /^[◆◇]/.test(line)) ?? ''
      return last.startsWith('◆') && last.includes(question) ? true : null
    }, question)

  const marked = (other?: string): Promise<string> =>
    until(() => {
      const [, choice] = /● (.+)/.exec(lines().findLast((line) => line.includes('●')) ?? '') ?? []
      return choice === undefined || choice === other ? null : choice
    }, `a choice other than ${other}`)

  const terminal: Terminal = {
    enter(command) {
      begin = screen.buffer.active.baseY + screen.buffer.active.cursorY
      press(`${command}${ENTER}`)
    },
    press,
    async choose(question, label) {
      await asked(question)
      const first = await marked()
      for (let now = first; !now.startsWith(label);) {
        press(DOWN)
        now = await marked(now)
        if (now === first) throw new Error(`${question} has no choice ${label}:\n${lines().join('\n')}`)
      }
      press(ENTER)
    },
    async answer(question, give) {
      await asked(question)
      press(`${await give()}${ENTER}`)
    },
    saw: (text) =>
      until(() => {
        const shown = lines().join('\n')
        return shown.includes(text) ? shown : null
      }, text),
    ended: () =>
      until(() => {
        const { baseY, cursorY, cursorX } = screen.buffer.active
        const row = baseY + cursorY
        const line = screen.buffer.active.getLine(row)?.translateToString(false, 0, cursorX) ?? ''
        const code = row > begin ? READY.exec(line)?.[1] : undefined
        return code === undefined ? null : Number(code)
      }, 'the end of the command'),
    shown: () => lines().join('\n'),
    raw: () => raw,
  }
  await terminal.ended()
  return terminal
}
