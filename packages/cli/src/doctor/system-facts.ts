import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { VERSION } from '../version.ts'
import type { SystemFacts } from './doctor-ports.ts'

const PACKAGES = ['@evergrant/core', '@evergrant/adapters'] as const

export function systemFacts(): SystemFacts {
  const versions = PACKAGES.map((name) => [name, versionOf(name)] as const)
  return {
    node: process.versions.node,
    platform: process.platform,
    canWrite: (folder) =>
      access(folder, constants.W_OK).then(
        () => true,
        () => false,
      ),
    packages: { evergrant: VERSION, ...Object.fromEntries(versions) },
  }
}

function versionOf(name: string): string {
  try {
    const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version?: unknown }
    return typeof version === 'string' ? version : 'unknown'
  } catch {
    return 'unknown'
  }
}
