import { document } from '../../../testing/test/documents/documents.ts'

/** A person's answer to a question of the command. */
interface Answer {
  /** The question, or its beginning. */
  readonly question: string
  /** What to choose with the arrow keys; `null` where something is typed or pasted. */
  readonly choose: string | null
  /** In words, what to type or paste. */
  readonly words: string
}

/** Commands that are typed one after the other, what the last of them asks, and what is said on the way. */
export interface Step {
  readonly commands: readonly string[]
  readonly answers: readonly Answer[]
  readonly prints: readonly string[]
}

export interface Section {
  readonly heading: string
  readonly steps: readonly Step[]
  /** Printed without a command of the section. */
  readonly prints: readonly string[]
  /** What the text shows in bold: names on a page. */
  readonly names: readonly string[]
}

/** The sections of `docs/tutorial.md`, in order: what it tells a person to type, to answer and to expect. */
export function tutorial(): readonly Section[] {
  const [, ...parts] = document('docs/tutorial.md').text.split(/^##+ /m)
  return parts.map(readSection)
}

const BLOCK_OR_ROW = /^```(\w+)\n([^]*?)^```$|^\| (?!---|it asks)(.+?) \| (.+?) \|$/gm

function readSection(part: string): Section {
  const [heading = ''] = part.split('\n', 1)
  const steps: { commands: string[]; answers: Answer[]; prints: string[] }[] = []
  const prints: string[] = []
  for (const [, language, code = '', question = '', answer = ''] of part.matchAll(BLOCK_OR_ROW)) {
    if (language === 'sh') steps.push({ commands: code.trim().split('\n'), answers: [], prints: [] })
    else if (language === 'text') (steps.at(-1)?.prints ?? prints).push(code.trimEnd())
    else steps.at(-1)?.answers.push({ question, choose: /^\*\*(.+)\*\*$/.exec(answer)?.[1] ?? null, words: answer })
  }
  const prose = part.replaceAll(BLOCK_OR_ROW, '')
  return { heading, steps, prints, names: [...prose.matchAll(/\*\*(.+?)\*\*/g)].map(([, name = '']) => name) }
}

/** Throws unless each line of a block stands in what was printed, in this order; `…` stands for anything within a line. */
export function expectPrinted(block: string, printed: string): void {
  const lines = block
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== '…')
  let rest = printed
  for (const line of lines) {
    const found = new RegExp(line.split('…').map(literally).join('.*?')).exec(rest)
    if (found === null) throw new Error(`${JSON.stringify(line)} is not in what is left of:\n${printed}`)
    rest = rest.slice(found.index + found[0].length)
  }
}

function literally(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}-]/g, String.raw`\$&`)
}
