import { existsSync, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What tests of adapters need beside Node. */
export interface Service {
  readonly name: string
  /** Where its tests lie: a folder of `packages/adapters/test`, and the files there whose names begin so. */
  readonly tests: string
  readonly programs: readonly string[]
  /** Debian's packages that bring them. */
  readonly packages: readonly string[]
  /** Belongs to a desktop, which a server that runs tests is not. */
  readonly optional?: true
}

const onLinux = (...programs: string[]): readonly string[] => (process.platform === 'linux' ? programs : [])

const SERVICES: readonly Service[] = [
  { name: 'Redis', tests: 'redis', programs: ['redis-server'], packages: ['redis-server'] },
  { name: 'PostgreSQL', tests: 'postgres', programs: ['initdb', 'postgres'], packages: ['postgresql'] },
  {
    name: 'a keychain',
    tests: 'keyring',
    programs: onLinux('dbus-daemon', 'gnome-keyring-daemon'),
    packages: ['dbus', 'gnome-keyring'],
    optional: true,
  },
]

/** The services whose programs are not all here. */
export function missingServices(): readonly Service[] {
  return SERVICES.filter((service) => missingPrograms(service).length > 0)
}

export function missingPrograms({ programs }: Service): readonly string[] {
  // Debian keeps those of PostgreSQL beside the PATH.
  const places = [...(process.env['PATH'] ?? '').split(delimiter), ...globSync('/usr/lib/postgresql/*/bin')]
  return programs.filter((program) => !places.some((place) => existsSync(join(place, program))))
}
