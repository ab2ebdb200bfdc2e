import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server for a process of its own: answers everything with a small JSON, and ends with the process that began it. */
const BODY = JSON.stringify({ data: { 'account-number': 'EXAMPLE-1', 'net-liquidating-value': '1000.0' } })
const HEADERS = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) }

const server = createServer((_, response) => response.writeHead(200, HEADERS).end(BODY))
// Longer than any pause of the bench, so that the connection is never a new one.
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.send?.({ url: `http://127.0.0.1:${port}` })
})
process.once('disconnect', () => process.exit())
