import { createSocket, type Socket } from 'node:dgram'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { type Answer, decode, encode, type Packet, type Question, streamDecode, TRUNCATED_RESPONSE } from 'dns-packet'

/** How the server answers a question about a name: with records, or in one of the ways in which name servers fail. */
export type DnsScript =
  | { readonly records: readonly DnsRecord[] }
  /** `NXDOMAIN`: the name does not exist. `NODATA`: it exists, and has no such record. `SERVFAIL`, `REFUSED`: the server's trouble. */
  | 'NXDOMAIN'
  | 'NODATA'
  | 'SERVFAIL'
  | 'REFUSED'
  /** Says nothing. */
  | 'silence'
  /** Sends bytes that are no DNS message. */
  | 'garbage'
  /** Cuts the message off in the middle of a record. */
  | 'cut off'
  /** Over UDP, says that the answer is too long, and gives it over TCP. */
  | { readonly truncated: readonly DnsRecord[] }

export type DnsRecord =
  | { readonly type: 'A' | 'AAAA' | 'CNAME'; readonly data: string; readonly ttl: number; readonly name?: string }
  | {
      readonly type: 'SRV'
      readonly data: { readonly target: string; readonly port: number; readonly priority: number; readonly weight: number }
      readonly ttl: number
      readonly name?: string
    }

const responseCodes = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 } as const

/** A name server in this process, on a port of its own, that says what the test tells it to. */
export class DnsServer {
  readonly #udp: Socket
  readonly #tcp: Server
  readonly #scripts = new Map<string, DnsScript>()
  /** Every question that came, such as `'A orders.test'`. */
  readonly questions: string[] = []

  private constructor(udp: Socket, tcp: Server) {
    this.#udp = udp
    this.#tcp = tcp
    udp.on('message', (message, { port, address }) => {
      const reply = this.#replyTo(decode(message), message, 'udp')
      if (reply !== undefined) udp.send(reply, port, address)
    })
    tcp.on('connection', (connection) => {
      connection.on('error', () => {})
      connection.once('data', (data) => {
        const reply = this.#replyTo(streamDecode(data), data, 'tcp')
        if (reply === undefined) {
          connection.destroy()
          return
        }
        const length = Buffer.alloc(2)
        length.writeUInt16BE(reply.length)
        connection.end(Buffer.concat([length, reply]))
      })
    })
  }

  static async start(): Promise<DnsServer> {
    // The same port for both: somebody else may have the one that UDP was given, so another one is tried.
    for (let attempt = 0; ; attempt += 1) {
      const udp = createSocket('udp4')
      await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve))
      const tcp = createServer()
      const listening = await new Promise<boolean>((resolve) => {
        tcp.once('error', () => resolve(false))
        tcp.listen(udp.address().port, '127.0.0.1', () => resolve(true))
      })
      if (listening) return new DnsServer(udp, tcp)
      udp.close()
      if (attempt === 20) throw new Error('dns server: no port that is free for both UDP and TCP')
    }
  }

  /** For the `servers` option of a resolver. */
  get address(): string {
    return `127.0.0.1:${(this.#tcp.address() as AddressInfo).port}`
  }

  /** Says how questions of one type about one name are answered from now on. Names without a script do not exist. */
  set(type: 'A' | 'AAAA' | 'SRV', name: string, script: DnsScript): void {
    this.#scripts.set(`${type} ${name}`, script)
  }

  /** IPv4 addresses, and no IPv6 ones. */
  setAddresses(name: string, addresses: readonly string[], ttl = 1): void {
    this.set('A', name, { records: addresses.map((data) => ({ type: 'A', data, ttl })) })
    this.set('AAAA', name, 'NODATA')
  }

  async close(): Promise<void> {
    this.#udp.close()
    await new Promise<void>((resolve) => this.#tcp.close(() => resolve()))
  }

  #replyTo(query: Packet, message: Buffer, by: 'udp' | 'tcp'): Buffer | undefined {
    const question = query.questions?.[0] as Question
    const key = `${question.type} ${question.name}`
    this.questions.push(key)
    const script = this.#scripts.get(key) ?? 'NXDOMAIN'
    if (script === 'silence') return undefined
    if (script === 'garbage') return Buffer.from([...message.subarray(0, 2), 0xff, 0xff, 0xff, 0x01])
    const reply = (flags: number, records: readonly DnsRecord[]): Buffer =>
      encode({
        type: 'response',
        id: query.id ?? 0,
        flags: (query.flags ?? 0) | flags,
        questions: [question],
        answers: records.map((record) => ({ name: question.name, ...record }) as Answer),
      })
    if (script === 'cut off') return reply(0, [{ type: 'A', data: '10.9.9.9', ttl: 1 }]).subarray(0, -3)
    if (script === 'NODATA') return reply(0, [])
    if (typeof script === 'string') return reply(responseCodes[script], [])
    if ('records' in script) return reply(0, script.records)
    return by === 'udp' ? reply(TRUNCATED_RESPONSE, []) : reply(0, script.truncated)
  }
}
