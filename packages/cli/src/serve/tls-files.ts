import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { TlsOptions } from '@evergrant/keeper'
import { CommandError, usage } from '../output/command-error.ts'

/** Reads a certificate and its key. Throws `usage` if one is missing, `unsupported` if they are of no use. */
export async function readTls(
  cert: string | undefined,
  key: string | undefined,
  cwd: string,
): Promise<TlsOptions | undefined> {
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) {
    throw usage('TLS takes a certificate and its private key', 'Give --tls-cert and --tls-key.')
  }
  const tls = { cert: await read('certificate', resolve(cwd, cert)), key: await read('private key', resolve(cwd, key)) }
  check(tls)
  return tls
}

async function read(what: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    const { code = 'Error' } = Object(error) as { readonly code?: string }
    throw new CommandError('unsupported', {
      message: `The ${what} ${file} cannot be read (${code})`,
      help: 'Name a file that is there, and that the user who runs the keeper may read.',
    })
  }
}

/** What a TLS library throws may quote the key, so nothing of it is passed on. */
function check({ cert, key }: { readonly cert: Buffer; readonly key: Buffer }): void {
  try {
    createSecureContext({ cert, key })
    void new X509Certificate(cert)
  } catch {
    throw new CommandError('unsupported', {
      message: 'The certificate and the private key are no pair in PEM',
      help: 'Give the file that begins with BEGIN CERTIFICATE, and the key that it was made with, without a passphrase.',
    })
  }
}
