import type { TastytradeEnvironment } from '@evergrant/adapters/tastytrade'
import type { Secret } from '@evergrant/core'
import type { Place } from './choose-place.ts'
import { keepOutOfGit } from './keep-out-of-git.ts'
import type { GivenCredentials } from './login-ports.ts'
import { stageLogin, type LoginAccount } from './stage-login.ts'
import type { Teller } from './tell.ts'

/** Where a login goes, and what it goes through. */
export interface LoginTarget extends LoginAccount {
  readonly environment: TastytradeEnvironment
  readonly place: Place
  readonly tell: Teller
}

/** A login that worked. */
export interface LoginReport {
  readonly account: string
  readonly environment: TastytradeEnvironment
  /** As the server says; `null` if it says nothing. */
  readonly scope: string | null
  /** Of the token that came with it; epoch ms. */
  readonly expiresAt: number
  /** Where it is saved, in words. */
  readonly place: string
  readonly refreshToken: Secret
}

/** Tries credentials, and saves them if they work. Rejects as `getToken()` does, or with what the store says. */
export async function completeLogin(target: LoginTarget, credentials: GivenCredentials): Promise<LoginReport> {
  const { account, environment, place, tell, signal } = target
  await using staged = await stageLogin(target)
  await staged.setCredentials(credentials)
  const { scope, expiresAt } = await staged.getToken({ signal })
  // First, so that no secret lies there for a moment that git would take in.
  if (place.path !== null) await careForGit(place.path, tell, signal)
  await staged.commit()
  return { account, environment, scope, expiresAt, place: place.name, refreshToken: credentials.refreshToken }
}

export function mayTrade(scope: string | null): boolean {
  return scope?.split(' ').includes('trade') ?? false
}

async function careForGit(path: string, tell: Teller, signal: AbortSignal): Promise<void> {
  const care = await keepOutOfGit(path, signal)
  if (care.type === 'ignored') tell.say(`Added ${path} to ${care.gitignore}, so that git does not take it in.`)
  if (care.type === 'failed') {
    tell.warn(`Add ${path} to ${care.gitignore} yourself (${care.why}): else git takes in your login.`)
  }
  if (care.type === 'tracked') {
    tell.warn(
      `${path} is part of a git repository. Take it out with: git rm --cached -- ${path}   and never push what it ` +
        'held: whoever has the repository has your login.',
    )
  }
}
