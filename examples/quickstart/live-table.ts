import type { WriteStream } from 'node:tty'
import type { Mesh, MeshSnapshot } from 'proxyless'
import type { Traffic } from './traffic.ts'

const everyMs = 500

interface Watched {
  readonly attempts: number
  readonly service: string
}

/** Shows a mesh at work: redrawn in place in a terminal, plain lines anywhere else. */
export class LiveTable {
  readonly #mesh: Pick<Mesh, 'snapshot'>
  readonly #traffic: Traffic
  readonly #out: Pick<WriteStream, 'write' | 'isTTY'>
  /** Attempts by address when it was last drawn. */
  #before = new Map<string, number>()
  /** The last that was seen of every endpoint: one that left is in no snapshot any more. */
  readonly #ever = new Map<string, Watched>()
  #doneBefore = 0
  #drawnLines = 0
  #startedAt = 0
  #drawnAt = 0
  #timer: NodeJS.Timeout | undefined

  constructor(mesh: Pick<Mesh, 'snapshot'>, traffic: Traffic, out: Pick<WriteStream, 'write' | 'isTTY'>) {
    this.#mesh = mesh
    this.#traffic = traffic
    this.#out = out
  }

  /** Begins to draw. */
  start(): void {
    this.#startedAt = performance.now()
    this.#drawnAt = this.#startedAt
    this.#timer = setInterval(() => this.#draw(), this.#out.isTTY ? everyMs : 1_000)
  }

  /** Says what is being done. */
  note(text: string): void {
    this.#clear()
    this.#out.write(`${this.#clock()}  * ${text}\n`)
  }

  /** Ends drawing. */
  stop(): void {
    clearInterval(this.#timer)
  }

  /** Prints what came of it; answers how many calls were lost. */
  summary(): number {
    const { done, lost } = this.#traffic
    const lines = [`\n${done + lost.length} calls, ${lost.length} lost`]
    for (const service of ['orders', 'users']) {
      const endpoints = [...this.#ever].filter(([, watched]) => watched.service === service)
      const all = endpoints.reduce((sum, [, watched]) => sum + watched.attempts, 0)
      lines.push(`  ${service}`)
      for (const [address, { attempts }] of endpoints)
        lines.push(`    ${address.padEnd(24)} ${percent(attempts / all)}  ${attempts} attempts`)
    }
    for (const reason of lost.slice(0, 5)) lines.push(`  lost: ${reason}`)
    this.#out.write(`${lines.join('\n')}\n`)
    return lost.length
  }

  #draw(): void {
    const now = performance.now()
    const snapshot = this.#mesh.snapshot()
    const latencies = this.#traffic.takeLatencies()
    const rate = ((this.#traffic.done - this.#doneBefore) / (now - this.#drawnAt)) * 1_000
    const figures = `${Math.round(rate)} calls/s   p50 ${percentile(latencies, 0.5)}   p99 ${percentile(latencies, 0.99)}   lost ${this.#traffic.lost.length}`
    const services = this.#services(snapshot)
    this.#drawnAt = now
    this.#doneBefore = this.#traffic.done
    if (!this.#out.isTTY) {
      const shares = services.map(
        ({ name, rows }) => `${name.padEnd(6)} ${rows.map((row) => `:${row.port} ${Math.round(row.part * 100)} %`).join(', ')}`,
      )
      this.#out.write(`${[`${this.#clock()}  ${figures}`, ...shares.map((line) => `         ${line}`)].join('\n')}\n`)
      return
    }
    this.#clear()
    const lines = [`${this.#clock()}  ${figures}`]
    for (const { name, rows } of services) {
      for (const { address, part } of rows) {
        lines.push(`  ${name.padEnd(7)} ${address.padEnd(24)} ${percent(part)} ${'█'.repeat(Math.round(part * 40))}`)
      }
    }
    this.#out.write(`${lines.join('\n')}\n`)
    this.#drawnLines = lines.length
  }

  /** Every endpoint of every service, with its share of the attempts since this was last asked. */
  #services(snapshot: MeshSnapshot): { name: string; rows: { address: string; port: string; part: number }[] }[] {
    const before = this.#before
    this.#before = new Map()
    return Object.entries(snapshot.services).map(([name, { endpoints }]) => {
      const counted = endpoints.map(({ address, attempts }) => {
        this.#before.set(address, attempts)
        this.#ever.set(address, { attempts, service: name })
        return { address, port: new URL(address).port, attempts: attempts - (before.get(address) ?? 0) }
      })
      const all = counted.reduce((sum, { attempts }) => sum + attempts, 0)
      return { name, rows: counted.map((row) => ({ ...row, part: all === 0 ? 0 : row.attempts / all })) }
    })
  }

  #clear(): void {
    if (!this.#out.isTTY) return
    // Up to the first line of what was drawn, and away with everything below.
    if (this.#drawnLines > 0) this.#out.write(`\u001b[${this.#drawnLines}A\u001b[0J`)
    this.#drawnLines = 0
  }

  #clock(): string {
    return `${((performance.now() - this.#startedAt) / 1_000).toFixed(1).padStart(5)} s`
  }
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1).padStart(5)} %`
}

function percentile(sorted: readonly number[], rank: number): string {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * rank))]
  return value === undefined ? '-' : `${value.toFixed(1)} ms`
}
