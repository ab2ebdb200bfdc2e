/** Letters, digits and `. _ @ -`, 128 at most: fit for a URL, a file name, a header and a line of a log. */
export const ACCOUNT_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/

export function isAccountName(text: string): boolean {
  return ACCOUNT_NAME.test(text)
}
