import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, type TemporaryFolder, temporaryFolder } from '../test/servers/server-kit.ts'
import { dropPackets, passPackets } from './packets.ts'
import type { Protocol, ServerMode, ServerNews, ServerOrder } from './server-mode.ts'

/** A request that reached a server. */
export interface Arrival {
  /** Wall time, in milliseconds since the Unix epoch. */
  readonly at: number
  /** The index of the server. */
  readonly server: number
  readonly method: string
  /** The call that it belongs to. */
  readonly call: string
}

interface Member {
  readonly port: number
  readonly file: string
  child: ChildProcess
}

const program = new URL('./server.ts', import.meta.url)

/** Real servers, each in a process of its own, and what can be done to them. */
export class Fleet {
  readonly protocol: Protocol
  readonly #members: Member[] = []
  readonly #folder: TemporaryFolder

  private constructor(protocol: Protocol, folder: TemporaryFolder) {
    this.protocol = protocol
    this.#folder = folder
  }

  /** Starts so many servers. */
  static async start(count: number, protocol: Protocol): Promise<Fleet> {
    const folder = await temporaryFolder()
    const fleet = new Fleet(protocol, folder)
    for (let i = 0; i < count; i += 1) {
      const [port, file] = [await freePort(), join(folder.path, `server-${i}`)]
      fleet.#members.push({ port, file, child: await start(port, file, protocol) })
    }
    return fleet
  }

  /** How many servers there are, dead ones included. */
  get size(): number {
    return this.#members.length
  }

  /** Their ports, which stay. */
  get ports(): readonly number[] {
    return this.#members.map(({ port }) => port)
  }

  /** Their URLs. */
  get urls(): readonly string[] {
    return this.ports.map((port) => `http://127.0.0.1:${port}`)
  }

  /** Lets a server behave in another way from now on. */
  set(server: number, mode: ServerMode): void {
    this.#order(server, { mode })
  }

  /** Ends a server as a crash does. */
  async kill(server: number): Promise<void> {
    const { child } = this.#member(server)
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** Starts a killed server again, where it was. */
  async revive(server: number): Promise<void> {
    const member = this.#member(server)
    member.child = await start(member.port, member.file, this.protocol)
  }

  /** Stops a server in the middle of whatever it does; its kernel goes on taking connections. */
  stop(server: number): void {
    this.#member(server).child.kill('SIGSTOP')
  }

  /** Lets a stopped server go on. */
  resume(server: number): void {
    this.#member(server).child.kill('SIGCONT')
  }

  /** Drops every packet to a server. */
  async cutOff(server: number): Promise<void> {
    await dropPackets(this.#member(server).port)
  }

  /** Lets packets through again, to every server. */
  async reconnect(): Promise<void> {
    await passPackets()
  }

  /** Every request that reached a server, in the order of time. */
  async arrivals(): Promise<Arrival[]> {
    const all: Arrival[] = []
    for (const [server, { file }] of this.#members.entries()) {
      const lines = (await readFile(file, 'utf8')).split('\n')
      for (const line of lines) {
        const [at, method, call] = line.split(' ')
        if (call !== undefined) all.push({ at: Number(at), server, method: method as string, call })
      }
    }
    return all.sort((a, b) => a.at - b.at)
  }

  /** Connections that the servers still have. */
  async connections(): Promise<number> {
    let sum = 0
    for (const { child } of this.#members) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const told = new Promise<number>((resolve) => {
        const listen = (news: ServerNews): void => {
          if (!('connections' in news)) return
          child.off('message', listen)
          resolve(news.connections)
        }
        child.on('message', listen)
      })
      child.send('connections')
      sum += await told
    }
    return sum
  }

  /** Ends every server. */
  async close(): Promise<void> {
    for (const { child } of this.#members) child.kill('SIGKILL')
    await this.#folder.remove()
  }

  #order(server: number, order: ServerOrder): void {
    this.#member(server).child.send(order)
  }

  #member(server: number): Member {
    const member = this.#members[server]
    if (member === undefined) throw new RangeError(`fleet: expected a server from 0 to ${this.size - 1}, got ${server}`)
    return member
  }
}

async function start(port: number, file: string, protocol: Protocol): Promise<ChildProcess> {
  const child = fork(program, ['127.0.0.1', String(port), file, protocol], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await once(child, 'message')
  return child
}
