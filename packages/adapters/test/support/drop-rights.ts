const NOBODY = 65_534

/** From now on this process may do what anybody may; nothing, where it was not root. */
export function dropRights(): void {
  if (process.getuid?.() !== 0) return
  process.setegid?.(NOBODY)
  process.seteuid?.(NOBODY)
}
