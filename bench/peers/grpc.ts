import type { Open } from '../case.ts'
import { loadPeer } from './load-peer.ts'

/** Enough of @grpc/grpc-js for a unary call without generated code. */
export interface Grpc {
  readonly Client: new (
    address: string,
    credentials: object,
  ) => {
    makeUnaryRequest(
      path: string,
      serialize: (value: string) => Buffer,
      deserialize: (bytes: Buffer) => string,
      value: string,
      callback: (error: Error | null, value: string | undefined) => void,
    ): void
  }
  readonly Server: new () => {
    addService(definition: object, implementation: object): void
    bindAsync(address: string, credentials: object, callback: (error: Error | null, port: number) => void): void
  }
  readonly credentials: { createInsecure(): object }
  readonly ServerCredentials: { createInsecure(): object }
}

/** How texts travel: as their bytes. */
export const toBytes = (text: string): Buffer => Buffer.from(text)
/** And back. */
export const toText = (bytes: Buffer): string => bytes.toString()

/** A unary gRPC call: one HTTP/2 connection, retries as they come. Its server is a Node process, and nothing else here has that server. */
export const open: Open = async ({ urls: [url] }) => {
  const { Client, credentials } = await loadPeer<Grpc>('@grpc/grpc-js')
  const client = new Client((url as string).replace('http://', ''), credentials.createInsecure())
  return {
    call: () =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest('/bench.Orders/Get', toBytes, toText, 'order 42', (error, answer) => {
          if (error !== null) reject(error)
          else resolve((answer as string).length)
        })
      }),
  }
}
