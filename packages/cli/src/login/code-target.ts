import type { TastytradeProvider } from '@evergrant/adapters/tastytrade'
import { isEvergrantError } from '@evergrant/core'
import { createCodeFlow, type CodeFlow } from './code-flow.ts'
import { completeLogin, type LoginReport, type LoginTarget } from './complete-login.ts'
import { explainFailure, explainRefusal } from './explain-failure.ts'
import type { Explanation } from './explanation.ts'
import type { Scope } from './login-ports.ts'
import { spendCode } from './spend-code.ts'

/** A login by authorization code. */
export interface CodeTarget extends LoginTarget {
  readonly provider: TastytradeProvider
  readonly redirectUri: string
  /** The provider's page. */
  readonly authorizeUrl: string
  /** What is asked for, unless the person chooses otherwise. */
  readonly scopes: readonly Scope[]
}

export const TRADE_WARNING =
  'With the scope "trade", whoever gets hold of the saved login can place orders with your money.'

interface FlowListeners {
  /** Told of what no words help against: an interrupt, or a fault of ours. */
  readonly onFault: (error: unknown) => void
  readonly onTaken?: () => void
}

export function codeFlowFor(target: CodeTarget, { onFault, onTaken }: FlowListeners): CodeFlow<LoginReport> {
  const { provider, redirectUri, authorizeUrl, environment, clock, tell } = target

  function told(explanation: Explanation): Explanation {
    tell.trouble(explanation)
    return explanation
  }

  return createCodeFlow({
    onTaken,
    beginLogin: (client) => {
      if (client.scopes.includes('trade')) tell.warn(TRADE_WARNING)
      return provider.beginLogin({ ...client, redirectUri, authorizeUrl })
    },
    async complete(login, callback) {
      tell.say('The login came back. Trying it …')
      return completeLogin(target, await spendCode(target, login, callback))
    },
    explain(error) {
      if (isEvergrantError(error) && !target.signal.aborted) {
        return told(explainFailure(error, { environment, now: clock.now(), redirectUri }))
      }
      onFault(error)
      return { what: 'The login was ended in the terminal.', why: 'Nothing was changed.', next: ['Begin again there.'] }
    },
    explainRefusal: (error) => told(explainRefusal(error)),
  })
}
