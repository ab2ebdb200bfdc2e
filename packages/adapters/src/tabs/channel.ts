/** A BroadcastChannel for messages of one type; disposing it closes it. */
export interface Channel<Message> extends Disposable {
  readonly post: (message: Message) => void
}

export function openChannel<Message>(name: string, hear?: (message: Message) => void): Channel<Message> {
  const channel = new BroadcastChannel(name)
  if (hear !== undefined) channel.addEventListener('message', ({ data }: MessageEvent<Message>) => hear(data))
  return {
    post: channel.postMessage.bind(channel),
    [Symbol.dispose]: () => channel.close(),
  }
}
