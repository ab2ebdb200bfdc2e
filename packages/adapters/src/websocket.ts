export { accountStreamer, type AccountStreamer, type AccountStreamerOptions } from './websocket/account-streamer.ts'
export type {
  Acknowledgement,
  Heartbeat,
  SocketSession,
  TokenSocketOptions,
  WebSocketConstructor,
  WebSocketLike,
} from './websocket/options.ts'
export type { SocketFailure, SocketState, SocketStatus } from './websocket/status.ts'
export { tokenSocket, type SendOptions, type TokenSocket } from './websocket/token-socket.ts'
