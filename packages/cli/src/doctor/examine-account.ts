import { basename } from 'node:path'
import { leaseHolders } from '@evergrant/adapters/file'
import type { TastytradeEnvironment, TastytradeProvider } from '@evergrant/adapters/tastytrade'
import { isEvergrantError } from '@evergrant/core'
import { accountIn } from '../account/account.ts'
import { KEYCHAIN } from '../account/choice.ts'
import { openStore } from '../account/open-store.ts'
import { CommandError } from '../output/command-error.ts'
import { checkBlock, checkBudget } from './checks/block.ts'
import { checkCopies } from './checks/copies.ts'
import { checkCredentials } from './checks/credentials.ts'
import { checkFile } from './checks/files.ts'
import { checkGrant } from './checks/grant.ts'
import { checkLastSuccess } from './checks/last-success.ts'
import { checkProcesses } from './checks/processes.ts'
import { checkRefreshToken } from './checks/refresh-token.ts'
import { checkStore } from './checks/store.ts'
import type { Course } from './course.ts'
import type { DoctorOptions } from './doctor-options.ts'
import type { DoctorPorts } from './doctor-ports.ts'
import { lookAtAccount, type AccountLook } from './look-at-account.ts'
import { lookAtSources, type Sources } from './look-at-sources.ts'

/** All that can be found out without a request. Gives `null` if the store cannot be used. */
export async function examineAccount(
  { choice }: DoctorOptions,
  provider: TastytradeProvider,
  { io, system, progress }: DoctorPorts,
  course: Course,
): Promise<AccountLook | null> {
  const { store: path, account: name, environment } = choice
  const sources = await course.step('credentials', 'Reading the environment and .env', () => lookAtSources(io))
  if (sources === null) return null

  progress.begin('Opening the store')
  // Without a bound of ours: it may ask a person for a passphrase.
  const store = await orFinding(course, environment, () => openStore(choice, io))
  const look =
    store &&
    (await course.step('store', 'Reading the store', () =>
      orFinding(course, environment, () =>
        lookAtAccount(
          accountIn({
            provider,
            store,
            name,
            environment: { name: 'environment', read: async () => sources.credentials },
            clock: io.clock,
          }),
          sources,
          io,
        ),
      ),
    ))
  for (const file of secretFiles(path, sources)) {
    course.add(
      ...((await course.step('files', `Looking at ${file.name}`, (signal) => checkFile(file, system, signal))) ?? []),
    )
  }
  course.add(...checkCredentials(look, sources, choice))
  const given = look ?? givenBy(sources)
  const copies = checkCopies(given)
  course.add(...copies)
  const { refreshToken, clientId } = given
  const spoilt = copies.some(({ check, level }) => check === 'refresh-token' && level === 'error')
  if (refreshToken !== null && !spoilt) {
    course.add(...checkRefreshToken({ refreshToken, clientId }, environment))
  }
  if (look === null) return null

  const { report, block, from } = look
  const now = io.clock.now()
  if (from !== null || report.signedOut) course.add(checkGrant(report, environment))
  course.add(checkBlock(block, now), checkBudget(report.budget, now))
  if (from !== null) course.add(checkLastSuccess(report, now))
  if (path !== KEYCHAIN) {
    const holders = await course.step('processes', 'Looking for other programs', () =>
      orFinding(course, environment, () => leaseHolders(path)),
    )
    if (holders !== null) course.add(...checkProcesses(holders, path))
  }
  return look
}

/** What the sources alone would give, where the store is closed. */
function givenBy({ credentials }: Sources): Pick<AccountLook, 'from' | 'clientSecret' | 'refreshToken' | 'clientId'> {
  return {
    from: credentials === null ? null : 'environment',
    clientSecret: credentials?.clientSecret?.reveal() ?? null,
    refreshToken: credentials?.refreshToken?.reveal() ?? null,
    clientId: credentials?.clientId ?? null,
  }
}

/** What the store says against it becomes a finding. */
async function orFinding<T>(
  course: Course,
  environment: TastytradeEnvironment,
  open: () => Promise<T>,
): Promise<T | null> {
  try {
    return await open()
  } catch (error) {
    if (!isEvergrantError(error) && !(error instanceof CommandError)) throw error
    course.add(checkStore(error, environment))
    return null
  }
}

function secretFiles(store: string, sources: Sources) {
  const holds = sources.file === 'complete' || sources.file === 'partial'
  return [
    ...(store === KEYCHAIN ? [] : [{ path: store, name: basename(store), guarded: true }]),
    ...(holds ? [{ path: sources.path, name: '.env', guarded: false }] : []),
  ]
}
