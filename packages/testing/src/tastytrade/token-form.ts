/** The members of a token request that are texts. */
export type TokenForm = ReadonlyMap<string, string>

/** Both encodings work in the real thing (docs/protocol.md#token-request). `null` for anything else. */
export function readTokenForm(contentType: string | null, body: string | null): TokenForm | null {
  if (body === null || body === '') return null
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'application/x-www-form-urlencoded') return new Map(new URLSearchParams(body))
  if (type !== 'application/json') return null
  try {
    const json: unknown = JSON.parse(body)
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return null
    return new Map(Object.entries(json).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  } catch {
    return null
  }
}

const SECRET_MEMBERS = ['refresh_token', 'client_secret', 'code']

/** Whether a token request carries anything that must not be seen. */
export function carriesSecret(form: TokenForm | null): boolean {
  return form !== null && SECRET_MEMBERS.some((name) => form.has(name))
}
