import { parseArgs } from 'node:util'
import type { Overview } from '../admin/overview.ts'
import { durationExpectation, readDuration } from '../runtime/duration.ts'
import type { Command } from './command.ts'
import { overviewStream } from './overview-stream.ts'
import { ownTerminal, type Terminal } from './terminal.ts'
import { TopError } from './top-error.ts'
import { drawTop } from './top-screen.ts'

/** How the command is used. */
export const topUsage = `Usage: proxyless top [URL] [options]

Shows what a mesh does, by its admin page: services, endpoints, shares, latencies, and what is wrong with whom.

  URL               of the admin page (default: http://127.0.0.1:9901/)
  --once            print one picture and end
  --json            print every picture as a line of JSON
  --token TOKEN     what the admin page asks for (default: PROXYLESS_ADMIN_TOKEN)
  --timeout TIME    how long the page may say nothing, such as 500ms or 1m (default: 10s)
  --no-colour       no colours; NO_COLOR does the same
  -h, --help        print this
`

/** After so many pictures without rates, one without is printed. */
const looksForRates = 5

const enterScreen = '\u001b[?1049h\u001b[?25l'
const leaveScreen = '\u001b[?25h\u001b[?1049l'

interface TopArguments {
  readonly url: URL
  readonly once: boolean
  readonly json: boolean
  readonly token: string | undefined
  readonly timeoutMs: number
  readonly colours: boolean
}

/**
 * Runs `proxyless top`.
 *
 * In a terminal the picture is redrawn in place, and the terminal is as it was when it ends. Anywhere else pictures follow each other.
 *
 * @param args what stands behind `top`.
 * @param terminal what it runs in.
 * @returns the exit code: 0; 1 when there is no such page or it went away; 2 for arguments that there are not.
 */
export async function top(args: readonly string[], terminal: Terminal): Promise<number> {
  const { out, err } = terminal
  let given: TopArguments | undefined
  try {
    given = readArguments(args, terminal)
  } catch (error) {
    err.write(`proxyless top: ${error instanceof Error ? error.message : String(error)}\n\n${topUsage}`)
    return 2
  }
  if (given === undefined) {
    out.write(topUsage)
    return 0
  }
  const view = given.json || given.once || out.isTTY !== true ? new PrintedView(terminal, given) : new LiveView(terminal, given)
  const end = new AbortController()
  const leave = terminal.onStop(() => end.abort())
  // The reader of a pipe may leave first.
  const gone = (): void => end.abort()
  out.on?.('error', gone)
  try {
    await watch(given, view, end)
    return 0
  } catch (error) {
    view.close()
    err.write(`proxyless top: ${error instanceof TopError ? error.message : String(error)}\n`)
    return 1
  } finally {
    view.close()
    leave()
    out.off?.('error', gone)
  }
}

async function watch(given: TopArguments, view: View, end: AbortController): Promise<void> {
  const { url, once } = given
  let seen = 0
  for await (const overview of overviewStream(given, end.signal)) {
    seen += 1
    // Rates need two looks; a page that tells news seldom has none.
    if (once && seen < looksForRates && overview.windowMs === 0) continue
    view.show(overview)
    if (once) {
      end.abort()
      return
    }
  }
  if (!end.signal.aborted) throw new TopError(`${url.href} ended: the program closed its admin page`)
}

interface View {
  show(overview: Overview): void
  close(): void
}

/** Pictures one after the other. */
class PrintedView implements View {
  readonly #terminal: Terminal
  readonly #given: TopArguments

  constructor(terminal: Terminal, given: TopArguments) {
    this.#terminal = terminal
    this.#given = given
  }

  show(overview: Overview): void {
    const { out } = this.#terminal
    if (this.#given.json) {
      out.write(`${JSON.stringify(overview)}\n`)
      return
    }
    const columns = out.isTTY === true ? out.columns || 120 : Number.POSITIVE_INFINITY
    const lines = drawTop(overview, { columns, rows: Number.POSITIVE_INFINITY, colours: this.#given.colours })
    out.write(`${lines.join('\n')}\n${this.#given.once ? '' : '\n'}`)
  }

  close(): void {}
}

/** One picture that is redrawn in place. */
class LiveView implements View {
  readonly #terminal: Terminal
  readonly #colours: boolean
  readonly #redraw = (): void => this.#draw()
  #last: Overview | undefined
  #open = false

  constructor(terminal: Terminal, { colours }: TopArguments) {
    this.#terminal = terminal
    this.#colours = colours
  }

  show(overview: Overview): void {
    const { out } = this.#terminal
    if (!this.#open) {
      this.#open = true
      out.write(enterScreen)
      out.on?.('resize', this.#redraw)
    }
    this.#last = overview
    this.#draw()
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#terminal.out.off?.('resize', this.#redraw)
    this.#terminal.out.write(leaveScreen)
  }

  #draw(): void {
    if (this.#last === undefined || !this.#open) return
    const { out } = this.#terminal
    // A terminal that does not know its size says that it is 0.
    const [columns, rows] = [out.columns || 80, out.rows || 24]
    const lines = drawTop(this.#last, { columns, rows: rows - 1, colours: this.#colours })
    // Each line is cleared behind its text, and the rest below: clearing the whole screen first would flicker.
    out.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\r\n\u001b[J`)
  }
}

function readArguments(args: readonly string[], { env, out }: Terminal): TopArguments | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      once: { type: 'boolean' },
      json: { type: 'boolean' },
      token: { type: 'string' },
      timeout: { type: 'string' },
      'no-colour': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return undefined
  if (positionals.length > 1) throw new TypeError(`expected one URL, got ${positionals.join(' ')}`)
  const colours = out.isTTY === true && values['no-colour'] !== true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
  const token = readToken(values.token ?? env.PROXYLESS_ADMIN_TOKEN)
  return {
    url: readUrl(positionals[0] ?? 'http://127.0.0.1:9901/'),
    once: values.once === true,
    json: values.json === true,
    token,
    timeoutMs: readTimeout(values.timeout ?? '10s'),
    colours,
  }
}

function readTimeout(text: string): number {
  const ms = readDuration(/^\d+$/.test(text) ? Number(text) : text)
  if (ms === undefined || ms === 0) throw new TypeError(`--timeout: expected ${durationExpectation}, above 0, got ${text}`)
  return ms
}

/** It may come from a file, with a line break at its end. Whatever is wrong with it, it is not printed. */
function readToken(text: string | undefined): string | undefined {
  const token = text?.trim()
  if (token === undefined || token === '') return undefined
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError('expected a token of letters, digits and signs, got one with something else in it')
  return token
}

function readUrl(text: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new TypeError(`expected the URL of an admin page such as http://127.0.0.1:9901, got ${text}`)
  }
  if (url.username !== '' || url.password !== '')
    throw new TypeError('expected a URL without user and password: what an admin page asks for is given with --token')
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

/** `proxyless top`. */
export const command: Command = {
  summary: 'shows what a mesh does, by its admin page',
  usage: topUsage,
  run: (args) => top(args, ownTerminal),
}
