// A gRPC server in a process of its own: `node grpc-server.ts <port>`.
import { textAnswer } from '../case.ts'
import { type Grpc, toBytes, toText } from './grpc.ts'
import { loadPeer } from './load-peer.ts'

const { Server, ServerCredentials } = await loadPeer<Grpc>('@grpc/grpc-js')
const server = new Server()
const get = {
  path: '/bench.Orders/Get',
  requestStream: false,
  responseStream: false,
  requestSerialize: toBytes,
  requestDeserialize: toText,
  responseSerialize: toBytes,
  responseDeserialize: toText,
}
server.addService({ get }, { get: (_call: object, callback: (error: null, value: string) => void) => callback(null, textAnswer) })
server.bindAsync(`127.0.0.1:${process.argv[2]}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error
})
