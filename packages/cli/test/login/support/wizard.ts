import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileStore } from '@evergrant/adapters/file'
import { tastytrade } from '@evergrant/adapters/tastytrade'
import {
  createSession,
  readAccount,
  secret,
  systemClock,
  type AccountReport,
  type Clock,
  type CredentialsInput,
  type TokenSession,
} from '@evergrant/core'
import { fakeTastytrade, type FakeTastytrade, type FakeTastytradeOptions } from '@evergrant/testing'
import { onTestFinished } from 'vitest'
import type { Io } from '../../../src/io.ts'
import type { LoginReport } from '../../../src/login/complete-login.ts'
import { login, type LoginOptions } from '../../../src/login/login.ts'
import { createInterrupts, Interrupted } from '../../../src/terminal/interrupts.ts'
import type { Prompts } from '../../../src/terminal/prompts.ts'
import { collector } from '../../support/collector.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openBrowser, type Browser } from './browser.ts'
import { freePort } from './free-port.ts'

/** An answer to a question: a text, or what makes one once it is asked. */
export type Reply = string | (() => string | Promise<string>)

export interface WizardOptions extends Omit<LoginOptions, 'flags'> {
  readonly fake?: FakeTastytradeOptions
  /** By the beginning of the question; each is used once. A question without a reply fails the login. */
  readonly replies?: readonly (readonly [question: string, reply: Reply])[]
  /** False: there is no terminal. Default true. */
  readonly terminal?: boolean
  readonly clock?: Clock
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: LoginOptions['flags']
  /** Whether a browser can be opened. Default true. */
  readonly opens?: boolean
  readonly folder?: string
  /** True puts the provider's page on loopback, for a real browser. */
  readonly served?: boolean
}

/** A wizard that runs in this process, and the world around it. */
export interface Wizard {
  readonly fake: FakeTastytrade
  readonly folder: string
  readonly store: string
  readonly port: number
  readonly origin: string
  readonly ended: Promise<LoginReport>
  readonly browser: Browser
  /** What was said. */
  readonly said: () => string
  /** Addresses that a browser was opened at. */
  readonly opened: readonly string[]
  readonly questions: readonly string[]
  /** Resolves once this was said. */
  saw(text: string): Promise<void>
  readonly interrupt: () => void
  /** A bot on the same store. */
  bot(credentials?: CredentialsInput): TokenSession
  account(): Promise<AccountReport>
}

export async function startWizard(options: WizardOptions = {}): Promise<Wizard> {
  const {
    replies = [],
    terminal = true,
    clock = systemClock,
    env = {},
    opens = true,
    flags = {},
    served = false,
    ...rest
  } = options
  const port = rest.port ?? (await freePort())
  const origin = `http://localhost:${port}`
  const fake = fakeTastytrade({ redirectUris: [origin, rest.redirectUri ?? origin], ...options.fake })
  const listener = served ? await fake.listen() : null
  onTestFinished(() => listener?.close())
  const authorizeUrl = listener === null ? {} : { authorizeUrl: `${listener.url}/auth.html` }
  const folder = options.folder ?? temporaryFolder()
  const store = join(folder, '.secrets')
  const interrupts = createInterrupts()
  const spoken = collector(false)
  const questions: string[] = []
  const opened: string[] = []
  const io: Io = {
    stdin: new PassThrough(),
    stdout: collector(false).stream,
    stderr: spoken.stream,
    env: { EVERGRANT_ENV: 'sandbox', ...env },
    cwd: folder,
    interrupts,
    clock,
    fetch: fake.fetch,
  }
  const provider = tastytrade({ environment: 'sandbox', fetch: fake.fetch })
  const ended = login(
    { ...rest, ...authorizeUrl, port, flags, keeping: 'keeping' in options ? options.keeping : 'file' },
    {
      io,
      prompts: terminal ? scriptedPrompts([...replies], questions, interrupts.signal, spoken.text) : null,
      openBrowser: (url) => {
        opened.push(url)
        return Promise.resolve(opens)
      },
    },
  )
  ended.catch(() => undefined)
  onTestFinished(async () => {
    interrupts.raise('SIGTERM')
    await ended.catch(() => undefined)
  })
  const common = { provider, store: fileStore(store), clock }

  return {
    fake,
    folder,
    store,
    port,
    origin,
    ended,
    opened,
    questions,
    browser: openBrowser(origin),
    said: spoken.text,
    saw: spoken.saw,
    interrupt: () => void interrupts.raise('SIGINT'),
    bot(credentials) {
      const session = createSession({ ...common, credentials })
      onTestFinished(() => session.dispose())
      return session
    },
    account: () => readAccount(common),
  }
}

/** Fills in the form of the page and approves at the provider, up to the address to which the provider sends back. */
export async function approve(wizard: Wizard, fields: Readonly<Record<string, string>> = {}): Promise<string> {
  const { browser, fake, origin } = wizard
  await browser.go(`${origin}/`)
  const { clientId, clientSecret } = fake.credentials
  const { location } = await browser.submit('/', { client_id: clientId, client_secret: clientSecret, ...fields })
  return fake.decide(location, 'approve')
}

/** As a person at the terminal would answer: a reply that the question's own check turns down is a fault of the test. */
function scriptedPrompts(
  replies: (readonly [string, Reply])[],
  questions: string[],
  interrupted: AbortSignal,
  said: () => string,
): Prompts {
  async function reply(question: string, signal?: AbortSignal): Promise<string> {
    questions.push(question)
    const place = replies.findIndex(([beginning]) => question.startsWith(beginning))
    const [found] = place < 0 ? [] : replies.splice(place, 1)
    if (found === undefined) throw new Error(`Nobody answers: ${question} Before it was said:\n${said()}`)
    const [, given] = found
    const either = signal === undefined ? interrupted : AbortSignal.any([interrupted, signal])
    const taken = new Promise<never>((_, reject) => {
      const leave = (): void => reject(either.reason as Error)
      if (either.aborted) leave()
      else either.addEventListener('abort', leave, { once: true })
    })
    return Promise.race([typeof given === 'string' ? given : given(), taken])
  }

  async function checked(question: string, { signal, check }: Parameters<Prompts['ask']>[1] = {}): Promise<string> {
    for (;;) {
      const text = await reply(question, signal)
      const problem = check?.(text)
      if (problem === undefined) return text
      questions.push(`! ${problem}`)
    }
  }

  return {
    async choose(question, choices) {
      const wanted = await reply(question)
      const found = choices.find(({ value }) => value === wanted)
      if (found === undefined) throw new Interrupted('SIGINT')
      return found.value
    },
    ask: checked,
    askSecret: async (question, options) => secret(await checked(question, options)),
  }
}
