import { Observable } from 'rxjs'
import {
  credentialsFingerprint,
  sealCredentials,
  withoutUnseen,
  type Credentials,
  type CredentialsInput,
  type CredentialSource,
} from '../credentials.ts'
import { EvergrantError, invalidOptions, isEvergrantError } from '../errors.ts'

/** One source, a literal one, or several in the order in which they are asked. */
export type CredentialsOption = CredentialsInput | CredentialSource | readonly (CredentialsInput | CredentialSource)[]

/** All sources of a session as one: the first that answers. */
export interface Sources extends Pick<CredentialSource, 'sought'> {
  read(): Promise<Credentials | null>
  /** Mark of what was read last; `null` before, or if nobody answered. */
  readonly mark: string | null
  /** Emits when any of them may have changed; `null` if none can tell. */
  readonly changes: Observable<unknown> | null
}

const KNOWN: ReadonlySet<string> = new Set(['clientId', 'clientSecret', 'refreshToken'])

export function combineSources(option: CredentialsOption | undefined, issuer: string): Sources {
  const list = option === undefined ? [] : isList(option) ? option : [option]
  return new SourceList(
    list.map((one) => (isSource(one) ? one : new LiteralSource(one))),
    issuer,
  )
}

class SourceList implements Sources {
  mark: string | null = null
  readonly #sources: readonly CredentialSource[]
  readonly #issuer: string

  constructor(sources: readonly CredentialSource[], issuer: string) {
    this.#sources = sources
    this.#issuer = issuer
  }

  get sought(): string {
    return this.#sources.flatMap(({ sought }) => sought ?? []).join('; ')
  }

  get changes(): Observable<unknown> | null {
    const watched = this.#sources.filter((source) => source.watch !== undefined)
    return watched.length === 0 ? null : changesOf(watched)
  }

  async read(): Promise<Credentials | null> {
    for (const source of this.#sources) {
      const credentials = await readOne(source)
      // A source of somebody's own may well say undefined.
      if (credentials == null) continue
      this.mark = credentialsFingerprint(this.#issuer, credentials)
      return credentials
    }
    this.mark = null
    return null
  }
}

// RxJS's own merge would do the same and cost every user of the library a kilobyte.
function changesOf(sources: readonly CredentialSource[]): Observable<unknown> {
  return new Observable((subscriber) => {
    for (const source of sources) subscriber.add(source.watch?.().subscribe((change) => subscriber.next(change)))
  })
}

function isList(option: CredentialsOption): option is readonly (CredentialsInput | CredentialSource)[] {
  return Array.isArray(option)
}

function isSource(one: CredentialsInput | CredentialSource): one is CredentialSource {
  return typeof (one as Partial<CredentialSource> | null)?.read === 'function'
}

class LiteralSource implements CredentialSource {
  readonly name = 'options'
  readonly #credentials: Credentials

  constructor(input: CredentialsInput) {
    checkCredentials('credentials', input)
    this.#credentials = sealCredentials(input)
  }

  async read(): Promise<Credentials | null> {
    return Object.keys(this.#credentials).length === 0 ? null : this.#credentials
  }
}

/** Rejects what cannot be credentials, naming the field and never the value. */
export function checkCredentials(option: string, input: CredentialsInput): void {
  if (typeof input !== 'object' || input === null) {
    throw invalidOptions(option, 'not an object', 'Give { clientSecret, refreshToken }, or a credential source.')
  }
  for (const [name, value] of Object.entries(input)) {
    if (!KNOWN.has(name)) {
      throw invalidOptions(`${option}.${name}`, 'no such field', `Known fields: ${[...KNOWN].join(', ')}.`)
    }
    const usable = value === undefined || typeof value === 'string' || (typeof value === 'object' && value !== null)
    if (!usable) throw invalidOptions(`${option}.${name}`, 'not a text', 'Give it as a string or a Secret.')
    const text = withoutUnseen(value)
    if (typeof text === 'string' && text !== text.trim()) {
      throw invalidOptions(
        `${option}.${name}`,
        'begins or ends with white space',
        'Copy it again without the white space.',
      )
    }
  }
}

async function readOne(source: CredentialSource): Promise<Credentials | null> {
  try {
    return await source.read()
  } catch (error) {
    if (isEvergrantError(error)) throw error
    // A stranger's error may quote what it read, so it is not passed on.
    throw new EvergrantError('credentials-unreadable', {
      message: `The credential source ${source.name} could not be read`,
      help: `Look at the source ${source.name}: its read() failed.`,
      details: { source: source.name },
    })
  }
}
