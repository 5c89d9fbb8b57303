import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort, type RunningProgram, startProgram, temporaryFolder, until } from './server-kit.ts'

/** One series that Prometheus answered with. */
export interface PrometheusSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What a Prometheus is to do. */
export interface PrometheusOptions {
  /** Programs to scrape, as `host:port`, on `/metrics`. */
  readonly targets: readonly string[]
  /** Files of rules. */
  readonly rules?: readonly string[]
  /** How often it scrapes and evaluates, such as `250ms`. */
  readonly every: string
}

/** A real Prometheus on a loopback port of its own. */
export class Prometheus {
  readonly url: string
  readonly #running: RunningProgram
  readonly #removeFolder: () => Promise<void>

  private constructor(url: string, running: RunningProgram, removeFolder: () => Promise<void>) {
    this.url = url
    this.#running = running
    this.#removeFolder = removeFolder
  }

  static async start(program: string, { targets, rules = [], every }: PrometheusOptions): Promise<Prometheus> {
    const folder = await temporaryFolder()
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const file = join(folder.path, 'prometheus.yaml')
    const configuration = {
      global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
      rule_files: rules,
      scrape_configs: [{ job_name: 'mesh', static_configs: [{ targets }] }],
    }
    await writeFile(file, stringify(configuration))
    try {
      const running = await startProgram({
        program,
        args: [
          `--config.file=${file}`,
          `--storage.tsdb.path=${join(folder.path, 'data')}`,
          `--web.listen-address=127.0.0.1:${port}`,
          '--log.level=warn',
        ],
        ready: async () => (await fetch(`${url}/-/ready`)).ok,
        readyWithinMs: 120_000,
      })
      return new Prometheus(url, running, folder.remove)
    } catch (error) {
      await folder.remove()
      throw error
    }
  }

  /** What it printed: warnings, such as of a scrape that it could not read. */
  get output(): string {
    return this.#running.output
  }

  /** Evaluates an expression now. */
  async query(expression: string): Promise<readonly PrometheusSeries[]> {
    const { result } = (await this.#ask(`query?${new URLSearchParams({ query: expression })}`)) as {
      result: readonly { metric: Record<string, string>; value: readonly [number, string] }[]
    }
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }

  /** The values of a label, as a variable of a dashboard asks for them. */
  async labelValues(label: string, selector: string): Promise<readonly string[]> {
    return (await this.#ask(`label/${label}/values?${new URLSearchParams({ 'match[]': selector })}`)) as readonly string[]
  }

  /** Every target with what went wrong with its last scrape; empty when nothing did. */
  async targetErrors(): Promise<readonly string[]> {
    const { activeTargets } = (await this.#ask('targets')) as { activeTargets: readonly { health: string; lastError: string }[] }
    return activeTargets.map(({ health, lastError }) => (health === 'up' ? '' : `${health}: ${lastError}`))
  }

  /** The rules that it loaded, by name, with what went wrong in evaluating them. */
  async rules(): Promise<readonly { readonly name: string; readonly state: string; readonly lastError: string | undefined }[]> {
    const { groups } = (await this.#ask('rules')) as {
      groups: readonly { rules: readonly { name: string; state: string; lastError?: string }[] }[]
    }
    return groups.flatMap(({ rules }) => rules.map(({ name, state, lastError }) => ({ name, state, lastError })))
  }

  /** Waits until a target was scraped `times` times more. */
  async scraped(times: number): Promise<void> {
    const count = async () => (await this.query('count_over_time(up{job="mesh"}[1h])'))[0]?.value ?? 0
    const enough = (await count()) + times
    await until(`${times} scrapes`, async () => (await count()) >= enough, 90_000)
  }

  async stop(): Promise<void> {
    await this.#running.stop()
    await this.#removeFolder()
  }

  async #ask(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${path}`)
    const { status, data, error } = (await response.json()) as { status: string; data: unknown; error?: string }
    if (status !== 'success') throw new Error(`prometheus: ${path}: ${error}`)
    return data
  }
}
