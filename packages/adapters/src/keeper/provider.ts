import {
  fingerprint,
  type Credentials,
  type CredentialSource,
  type Provider,
  type RequestOptions,
  type TokenRequestOptions,
  type TokenResponse,
} from '@evergrant/core'
import { discardBody } from '../http/body-text.ts'
import { nothingSent } from '../http/nothing-sent.ts'
import { userAgentHeader } from '../http/user-agent.ts'
import { askKeeper, bare, transportError, type KeeperQuestion, type KeeperToken } from './ask-keeper.ts'
import { createHeldTokens } from './held-tokens.ts'
import { keeperHelp } from './help.ts'
import { judgeKeeper } from './judge-keeper.ts'
import { isAccountName, isKey, resolveSettings, type KeeperClientOptions, type KeeperSettings } from './options.ts'
import { createReplicas } from './replicas.ts'

export interface KeeperProvider extends Provider {
  readonly name: 'keeper'
  probe(options: RequestOptions): Promise<void>
}

/**
 * The tokens of an account that a keeper keeps alive. The refresh token stays there: all that a session has is an API key,
 * which is its `clientSecret`, with the account as `clientId`.
 *
 * A token request is a GET, so it may be sent to several replicas in turn, and a second time where the first answer is the
 * token that the API has refused. What the keeper says of a grant is never the end of a session: whether and when the grant
 * is sent to the server again is the keeper's business, and to ask the keeper costs it nothing, so the session asks again
 * after the policy's `misconfiguredPause`. Only an API key that is refused ends in `revoked`. Throws `invalid-options`.
 */
export function keeperProvider(options: KeeperClientOptions): KeeperProvider {
  const settings = resolveSettings(options)
  const [issuer] = settings.urls
  const { apiBaseUrl, clock } = settings
  const replicas = createReplicas(settings)
  const held = createHeldTokens(clock)

  async function requestToken(
    credentials: Credentials,
    { signal, refused }: TokenRequestOptions,
  ): Promise<TokenResponse> {
    const { key, account } = identityOf(settings, credentials)
    const mark = fingerprint(account, key)
    const ask = (question: KeeperQuestion) =>
      replicas.inTurn(signal, (url, bound) => askKeeper({ settings, url, key, account, ...question }, bound))

    const question = held.question(mark, refused)
    let answer = await ask(question)
    const again = refused !== undefined && question.rejected !== answer.generation && isRefused(answer, refused)
    if (again) answer = await ask({ rejected: answer.generation })
    held.keep(mark, answer)
    return answer.response
  }

  return {
    name: 'keeper',
    issuer,
    ...(apiBaseUrl === undefined ? {} : { apiBaseUrl }),
    ...(settings.apiKey === undefined ? {} : { credentials: ownCredentials(settings) }),
    help: keeperHelp(issuer),
    requestToken,
    judge: judgeKeeper,
    probe: ({ signal }) => probe(settings, issuer, signal),
  }
}

function isRefused({ response }: KeeperToken, refused: string): boolean {
  return fingerprint(response.accessToken) === refused
}

function ownCredentials({ apiKey, account }: KeeperSettings): CredentialSource {
  const credentials: Credentials = {
    ...(account === undefined ? {} : { clientId: account }),
    ...(apiKey === undefined ? {} : { clientSecret: apiKey }),
  }
  return { name: 'API key', read: async () => credentials }
}

function identityOf(settings: KeeperSettings, { clientId, clientSecret }: Credentials) {
  const account = clientId ?? settings.account
  const key = clientSecret ?? settings.apiKey
  if (key === undefined || !isKey(key.reveal())) throw nothingSent('there is no API key (clientSecret)')
  if (account !== undefined && !isAccountName(account)) throw nothingSent('the account (clientId) has no usable name')
  return { account, key }
}

/** A GET without any credential; any HTTP answer at all will do. */
async function probe({ fetch, userAgent }: KeeperSettings, url: string, signal: AbortSignal): Promise<void> {
  try {
    discardBody(await fetch(`${url}/healthz`, { ...bare(signal), headers: userAgentHeader(userAgent) }))
  } catch (error) {
    throw transportError(error, signal)
  }
}
