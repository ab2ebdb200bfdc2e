import type { Secret } from '@evergrant/core'
import { tokenShape } from '../account/token-shape.ts'
import { copyFault } from '../terminal/copied.ts'

/** Says what is wrong with an answer, as `Prompts` asks it. */
type Check = (text: string) => string | undefined

interface Problem {
  readonly words: string
  /** False if it may be right all the same: a failed login is not risked without asking, nor a good one refused. */
  readonly sure: boolean
}

/** As in `<your client secret>`, `TODO` or `xxxx`. */
const PLACEHOLDER = /^<.*>$|^\{.*\}$|^\[.*\]$|^(?:\.+|\*+|x+|todo)$|your[-_]|change[-_]?me|placeholder/i
/** How each JWT begins: the JSON of its header does with `{"`. */
const TOKEN_BEGINS = 'eyJ'
/** What a client secret mostly looks like, and no token does. */
const HEXADECIMAL = /^[0-9a-f]{16,}$/i

/** For one question: it remembers what it has doubted. */
export function clientSecretCheck(): Check {
  return doubtOnce((text) => copied(text) ?? problemWithClientSecret(text))
}

/** The same for the refresh token that is asked for after it. */
export function refreshTokenCheck(clientSecret: Secret): Check {
  return doubtOnce((text) => copied(text) ?? problemWithRefreshToken(text, clientSecret))
}

function copied(text: string): Problem | null {
  const fault = copyFault(text)
  return fault && { words: `It has ${fault.what}. ${fault.mend}`, sure: fault.sure }
}

function problemWithClientSecret(text: string): Problem | null {
  if (tokenShape(text) !== null) return { words: 'That is a token. The client secret comes first.', sure: true }
  if (text.startsWith(TOKEN_BEGINS)) {
    return { words: 'That looks like a part of a token. The client secret comes first.', sure: false }
  }
  return PLACEHOLDER.test(text) ? { words: 'That looks like a placeholder.', sure: false } : null
}

// docs/protocol.md#inside-a-token; since that is in use, and not documented, another form is doubted only.
function problemWithRefreshToken(text: string, clientSecret: Secret): Problem | null {
  if (text === clientSecret.reveal()) {
    return { words: 'That is the client secret again. Paste the refresh token.', sure: true }
  }
  const shape = tokenShape(text)
  if (shape?.type === 'at+jwt') {
    return { words: 'That is an access token, which dies in minutes. Paste the refresh token.', sure: true }
  }
  if (shape !== null) return null
  if (HEXADECIMAL.test(text)) return { words: 'That looks like a client secret. Paste the refresh token.', sure: false }
  return text.startsWith(TOKEN_BEGINS) || text.includes('.')
    ? { words: 'It seems to be cut off: a refresh token has three parts, with dots between them.', sure: false }
    : { words: 'That looks like no refresh token, which is long and has two dots in it.', sure: false }
}

/** What is doubted is taken when it is given a second time. */
function doubtOnce(judge: (text: string) => Problem | null): Check {
  let doubted: string | null = null
  return (text) => {
    const problem = judge(text)
    if (problem === null || text === doubted) return undefined
    doubted = problem.sure ? null : text
    return problem.sure ? problem.words : `${problem.words} If it is right all the same, paste it once more.`
  }
}
