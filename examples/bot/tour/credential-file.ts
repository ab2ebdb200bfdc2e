import { rename, writeFile } from 'node:fs/promises'
import type { FakeCredentials } from '@evergrant/testing'

/** Puts credentials into a file as people keep them in `.env`, open to this user only, and in one step. */
export async function writeCredentials(path: string, credentials: FakeCredentials): Promise<void> {
  const lines = [
    `TASTY_CLIENT_SECRET=${credentials.clientSecret}`,
    `TASTY_REFRESH_TOKEN=${credentials.refreshToken}`,
    '',
  ]
  await writeFile(`${path}.new`, lines.join('\n'), { mode: 0o600 })
  await rename(`${path}.new`, path)
}
