import { resolve } from 'node:path'
import { envCredentials, type EnvCredentialsOptions } from '@evergrant/adapters/env'
import { isEvergrantError, type Credentials, type EvergrantError } from '@evergrant/core'
import { nearNames, type NearName } from '../account/near-names.ts'
import type { Io } from '../io.ts'

/** What one source holds: all that is needed, a part of it, or nothing. */
type Holding = 'complete' | 'partial' | 'none' | 'unreadable'

/** The environment and the `.env` of the folder, alone and together. */
export interface Sources {
  readonly environment: Holding
  readonly file: Holding
  /** The path of that `.env`. */
  readonly path: string
  readonly credentials: Credentials | null
  /** Why the two together give none, though something is set. */
  readonly error: EvergrantError | null
  /** Lines of the file whose names are nearly right. */
  readonly nearNames: readonly NearName[]
}

/** Reads what a command would read. Never rejects. */
export async function lookAtSources(io: Io): Promise<Sources> {
  const { env, cwd, clock } = io
  const path = resolve(cwd, '.env')
  const both = await read({ environment: env, file: path, clock })
  return {
    environment: (await read({ environment: env, file: false, clock })).holding,
    file: (await read({ environment: {}, file: path, clock })).holding,
    path,
    credentials: both.credentials,
    error: both.error,
    nearNames: await nearNames(io),
  }
}

interface Reading {
  readonly holding: Holding
  readonly credentials: Credentials | null
  readonly error: EvergrantError | null
}

async function read(options: EnvCredentialsOptions): Promise<Reading> {
  try {
    const credentials = await envCredentials(options).read()
    return { holding: credentials === null ? 'none' : 'complete', credentials, error: null }
  } catch (error) {
    if (!isEvergrantError(error)) throw error
    // With a cause, the system refused; without, something is missing.
    return { holding: error.cause === undefined ? 'partial' : 'unreadable', credentials: null, error }
  }
}
