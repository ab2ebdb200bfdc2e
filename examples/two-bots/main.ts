import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { fakeTastytrade } from '@evergrant/testing'
import type { BotOrder, BotWord } from './words.ts'

/** Two bots, one file, one refresh token that is good for one use: the grant lives, also when one of them is killed. */

/** Seconds. */
const LIFETIME = 2
/** Generations to see with both, and then with one killed and started again. */
const TOGETHER = 4
const AFTER_THE_KILL = 7

const BOT = fileURLToPath(new URL('bot.ts', import.meta.url))

const fake = fakeTastytrade({ lifetime: LIFETIME, rotation: 'strict' })
const listener = await fake.listen()
const folder = mkdtempSync(join(tmpdir(), 'evergrant-two-bots-'))
const { clientSecret, refreshToken } = fake.credentials
const order: BotOrder = {
  baseUrl: listener.url,
  credentials: { clientSecret, refreshToken },
  file: join(folder, '.secrets'),
}

let calls = 0
const failures: string[] = []
let newest = 0
let reached: () => void = () => undefined

function start(name: string): ChildProcess {
  const bot = spawn(process.execPath, [...process.execArgv, BOT], { stdio: ['pipe', 'pipe', 'inherit'] })
  // A word to one that has been killed.
  bot.stdin.on('error', () => undefined)
  bot.stdin.write(`${JSON.stringify(order)}\n`)
  createInterface({ input: bot.stdout }).on('line', (line) => hear(name, JSON.parse(line) as BotWord))
  return bot
}

function hear(name: string, word: BotWord): void {
  if (word.said === 'called') {
    calls += 1
    if (word.failure !== null) failures.push(`${name}: ${word.failure}`)
    return
  }
  const did = word.outcome === 'granted' ? 'has fetched' : 'takes over'
  console.log(`  bot ${name} ${did} token ${word.generation}`)
  newest = Math.max(newest, word.generation)
  reached()
}

function generation(wanted: number): Promise<void> {
  return new Promise((resolve) => {
    reached = () => {
      if (newest >= wanted) resolve()
    }
    reached()
  })
}

async function stop(bot: ChildProcess): Promise<void> {
  bot.stdin?.end()
  if (bot.exitCode === null && bot.signalCode === null) await once(bot, 'exit')
}

console.log(
  `Two bots, one file, tokens of ${LIFETIME} s, and a server that gives up a grant whose old refresh token comes again.`,
)
const one = start('1')
let two = start('2')
await generation(TOGETHER)
console.log('Bot 2 is killed, and started again.')
two.kill('SIGKILL')
await once(two, 'exit')
two = start('2')
await generation(AFTER_THE_KILL)
await Promise.all([stop(one), stop(two)])
await listener.close()
rmSync(folder, { recursive: true, force: true })

console.log(`${calls} calls, ${failures.length} failed; ${fake.tokenRequests} token requests for ${newest} tokens.`)
for (const failure of failures) console.log(`  ${failure}`)
process.exitCode = failures.length === 0 ? 0 : 1
