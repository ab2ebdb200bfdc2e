export type Shell = 'posix' | 'powershell'

/** What the shell of this system is likely to understand. */
export function shellOf(platform: NodeJS.Platform): Shell {
  return platform === 'win32' ? 'powershell' : 'posix'
}

/** Lines that set variables of the environment, to paste into a shell. */
export function environmentLines(variables: Readonly<Record<string, string>>, shell: Shell): string {
  const lines = Object.entries(variables).map(([name, value]) =>
    shell === 'posix'
      ? `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'\n`
      : `$env:${name} = '${value.replaceAll("'", "''")}'\n`,
  )
  return lines.join('')
}

export interface GrantedCredentials {
  readonly clientId?: string
  readonly clientSecret: string
  readonly refreshToken?: string
}

/** The credentials by the names that `envCredentials()` reads. */
export function credentialVariables(credentials: GrantedCredentials): Record<string, string> {
  const { clientId, clientSecret, refreshToken } = credentials
  return {
    ...(clientId === undefined ? {} : { TASTY_CLIENT_ID: clientId }),
    TASTY_CLIENT_SECRET: clientSecret,
    ...(refreshToken === undefined ? {} : { TASTY_REFRESH_TOKEN: refreshToken }),
  }
}

export function credentialLines(credentials: GrantedCredentials, shell: Shell): string {
  return environmentLines(credentialVariables(credentials), shell)
}
