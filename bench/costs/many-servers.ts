// As many servers as somebody says, one port each; the ports go to the parent.

import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'

const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const servers: Server[] = []
for (let i = 0; i < Number(process.argv[2]); i += 1) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
}
process.send?.(servers.map((server) => (server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit(0))
