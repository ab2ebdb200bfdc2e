import { CommandError, type CommandErrorInput } from '../output/command-error.ts'
import type { Prompts } from '../terminal/prompts.ts'
import { completeLogin, type LoginReport, type LoginTarget } from './complete-login.ts'
import { clientSecretCheck, refreshTokenCheck } from './pasted-credentials.ts'
import { tryAgain } from './try-again.ts'
import { grantSteps } from './website.ts'

const NO_TERMINAL: CommandErrorInput = {
  message: 'There is no terminal to type a client secret and a refresh token at',
  help:
    'Run evergrant login in a terminal. Programs put them into TASTY_CLIENT_SECRET and TASTY_REFRESH_TOKEN, which every ' +
    'command reads.',
}

/** The usual way: the person makes a grant on the website, and pastes what it shows. */
export async function loginWithPersonalGrant(
  target: LoginTarget,
  redirectUri: string,
  prompts: Prompts | null,
): Promise<LoginReport> {
  if (prompts === null) throw new CommandError('unsupported', NO_TERMINAL)
  const { tell, environment } = target
  tell.say(`\nWhat you need comes from the website of tastytrade (${environment}):`)
  tell.steps(grantSteps(environment, redirectUri))
  tell.say('\nPaste both here. Nothing of it is shown.')
  return tryAgain(target, prompts, async () => {
    const clientSecret = await prompts.askSecret('Client secret (paste it, and press Enter)', {
      check: clientSecretCheck(),
    })
    const refreshToken = await prompts.askSecret('Refresh token (paste it, and press Enter)', {
      check: refreshTokenCheck(clientSecret),
    })
    tell.say('Trying it once …')
    return completeLogin(target, { clientSecret, refreshToken })
  })
}
