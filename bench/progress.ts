/** Says what is going on, on stderr, so that the report on stdout can be piped. */
export type Progress = (text: string) => void

/** On a terminal one line that changes; elsewhere a line for each step. */
export function showProgress(): Progress & Disposable {
  const { stderr } = process
  const say = (text: string) => void stderr.write(stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`)
  return Object.assign(say, {
    [Symbol.dispose]() {
      if (stderr.isTTY) stderr.write('\r\x1b[K')
    },
  })
}
