/** The platform's WebSocket, which counts what goes through it. */
export function countedSocket() {
  const count = { sent: 0, received: 0, urls: [] as string[], open: new Set<WebSocket>() }
  class CountedSocket extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols)
      count.urls.push(url)
      count.open.add(this)
      this.addEventListener('message', () => (count.received += 1))
      this.addEventListener('close', () => count.open.delete(this))
    }

    override send(text: string): void {
      count.sent += 1
      super.send(text)
    }
  }
  return { count, WebSocket: CountedSocket }
}
