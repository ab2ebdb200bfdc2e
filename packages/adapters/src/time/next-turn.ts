/** Lets everybody else of this thread go on first. Keeps the process alive: somebody awaits it. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
