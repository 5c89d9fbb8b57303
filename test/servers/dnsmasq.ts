import { promises } from 'node:dns'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, type RunningProgram, startProgram, type TemporaryFolder, temporaryFolder } from './server-kit.ts'

/** What a dnsmasq serves. */
export interface DnsmasqRecords {
  /** Addresses by name, IPv4 and IPv6; can be changed later. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>
  /** SRV records, which stay as they are. */
  readonly services?: readonly {
    readonly name: string
    readonly target: string
    readonly port: number
    readonly priority: number
    readonly weight: number
  }[]
}

const readyName = 'ready.proxyless.test'

/** A real dnsmasq on a loopback port of its own. */
export class Dnsmasq {
  readonly port: number
  readonly #program: string
  readonly #folder: TemporaryFolder
  readonly #services: NonNullable<DnsmasqRecords['services']>
  readonly #ttl: number
  #running: RunningProgram | undefined

  private constructor(program: string, port: number, folder: TemporaryFolder, records: DnsmasqRecords, ttl: number) {
    this.#program = program
    this.port = port
    this.#folder = folder
    this.#services = records.services ?? []
    this.#ttl = ttl
  }

  /** @param ttl of every answer, in seconds. */
  static async start(program: string, records: DnsmasqRecords, ttl = 1): Promise<Dnsmasq> {
    const folder = await temporaryFolder()
    const server = new Dnsmasq(program, await freePort(), folder, records, ttl)
    await server.#writeHosts(records.hosts ?? {})
    await server.resume()
    return server
  }

  /** For the `servers` option of a resolver. */
  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Changes the addresses of all names; the program reads them on SIGHUP. */
  async setHosts(hosts: NonNullable<DnsmasqRecords['hosts']>): Promise<void> {
    await this.#writeHosts(hosts)
    this.#running?.signal('SIGHUP')
  }

  /** Ends the program; {@link resume} starts another one on the same port. */
  async pause(): Promise<void> {
    await this.#running?.stop()
    this.#running = undefined
  }

  /** Starts the program. */
  async resume(): Promise<void> {
    const services = this.#services.map(
      ({ name, target, port, priority, weight }) => `--srv-host=${name},${target},${port},${priority},${weight}`,
    )
    this.#running = await startProgram({
      program: this.#program,
      args: [
        '--keep-in-foreground',
        '--conf-file=/dev/null',
        '--no-resolv',
        '--no-hosts',
        '--no-poll',
        '--bind-interfaces',
        '--listen-address=127.0.0.1',
        `--port=${this.port}`,
        `--pid-file=${join(this.#folder.path, 'pid')}`,
        `--addn-hosts=${join(this.#folder.path, 'hosts')}`,
        `--local-ttl=${this.#ttl}`,
        '--local=/test/',
        '--user=',
        '--log-facility=-',
        ...services,
      ],
      ready: async () => {
        const resolver = new promises.Resolver({ timeout: 200, tries: 1 })
        resolver.setServers([this.address])
        return (await resolver.resolve4(readyName)).length === 1
      },
    })
  }

  async stop(): Promise<void> {
    await this.pause()
    await this.#folder.remove()
  }

  async #writeHosts(hosts: NonNullable<DnsmasqRecords['hosts']>): Promise<void> {
    const lines = Object.entries({ ...hosts, [readyName]: ['127.0.0.1'] }).flatMap(([name, addresses]) =>
      addresses.map((address) => `${address} ${name}\n`),
    )
    await writeFile(join(this.#folder.path, 'hosts'), lines.join(''), { mode: 0o644 })
  }
}
