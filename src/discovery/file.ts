import { stat } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { ConfigError } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { type Duration, durationMs } from '../runtime/duration.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { type Given, withDefaults } from '../runtime/with-defaults.ts'
import { type FileFormat, readContent, readText } from './file-content.ts'
import { FolderWatch } from './folder-watch.ts'
import { duration, integerIn, oneOf, optionProblems, refuse, text } from './option-rules.ts'
import type { Resolver, ResolverYield } from './resolver.ts'

/** How {@link file} reads. Every option has a default, see {@link fileDefaults}. */
export interface FileOptions {
  /** How the file is written. @defaultValue `'json'` when its name ends in `.json`, else `'yaml'`, of which JSON is a part */
  readonly format: FileFormat | undefined
  /** How often to look whether the file changed, where the system does not tell of it. @defaultValue {@link fileDefaults}.every */
  readonly every: Duration
  /** A file larger than this many bytes is a fault. @defaultValue {@link fileDefaults}.maxBytes, 16 MiB */
  readonly maxBytes: number
}

/** The defaults of {@link FileOptions}. */
export const fileDefaults: Readonly<FileOptions> = Object.freeze({ format: undefined, every: '10s', maxBytes: 16 * 1024 * 1024 })

/** How long to wait after a change before the file is read, so that several writes make one answer; in milliseconds. */
const debounceMs = 50

/** The waits before a file that cannot be read is read again; after the last one it is a fault. */
const secondLooksMs = [50, 100, 200]

/**
 * Endpoints from a file, read again whenever it changes.
 *
 * It holds a list of endpoints or URLs, `{ endpoints: [...] }`, or `{ services: { orders: [...] } }` for several services. In the last form, a
 * service that is not named is absent. A file that is missing or cannot be parsed is looked at again within half a second, for it may be
 * half-written, and then is a fault: the last good list stays.
 *
 * @param path of the file. It may be replaced by renaming, and may be a link, as in a Kubernetes ConfigMap.
 * @param options see {@link FileOptions}.
 * @returns a resolver for `.resolve(...)`.
 * @throws ConfigError when an option is wrong.
 * @example
 * ```ts
 * import { file, mesh } from 'proxyless'
 *
 * // services: { orders: ['http://10.0.0.7:8080', { url: 'http://10.0.0.8:8080', zone: 'eu-west-1b' }] }
 * const net = mesh().service('orders', (s) => s.resolve(file('/etc/app/endpoints.yaml'))).build()
 * ```
 */
export function file(path: string, options?: Given<FileOptions>): DescribedPart<Resolver> {
  if (text(path) !== undefined) throw new ConfigError([{ path: 'file', expected: 'the path of a file', received: printValue(path) }])
  const rules = { format: oneOf('json', 'yaml'), every: duration, maxBytes: integerIn(1, Number.MAX_SAFE_INTEGER) }
  refuse(optionProblems<FileOptions>(options, rules, 'file'))
  const settings = withDefaults(fileDefaults, options)
  const everyMs = durationMs(settings.every, 'file.every')
  const format = settings.format ?? (extname(path).toLowerCase() === '.json' ? 'json' : 'yaml')

  const read = async (service: string): Promise<ResolverYield> =>
    readContent(await readText(path, settings.maxBytes), format, path, service)

  return part<Resolver>('file', { path, ...options }, () => ({
    name: `file ${path}`,
    async *watch(service, { signal, pause }) {
      const folder = new FolderWatch(dirname(path))
      const end = (): void => folder.notify()
      signal.addEventListener('abort', end, { once: true })
      try {
        let nextLook: Promise<void> | undefined
        let seen: string | undefined
        let first = true
        while (!signal.aborted) {
          folder.seen()
          const mark = await markOf(path)
          if (mark === undefined || mark !== seen) {
            const answer = first && mark === undefined ? await read(service) : await readPatiently(() => read(service), pause, signal)
            if (answer === undefined) return
            first = false
            // The mark of before reading: when the file changed meanwhile, the next look sees it.
            seen = mark
            yield answer
          }
          // One pause at a time: a busy folder must not leave one behind for each of its changes.
          nextLook ??= pause(everyMs).then(() => {
            nextLook = undefined
            folder.notify()
          })
          await folder.changed()
          if (nextLook !== undefined && !signal.aborted) await pause(debounceMs)
        }
      } finally {
        signal.removeEventListener('abort', end)
        folder.close()
      }
    },
  }))
}

/** Reads, and looks again a few times when that fails. `undefined` when the watch ended. */
async function readPatiently(
  read: () => Promise<ResolverYield>,
  pause: (ms: number) => Promise<void>,
  signal: AbortSignal,
): Promise<ResolverYield | undefined> {
  for (const waitMs of secondLooksMs) {
    try {
      return await read()
    } catch {
      await pause(waitMs)
    }
    if (signal.aborted) return undefined
  }
  return read()
}

/** What tells one state of a file from another; `undefined` when it is not there. */
async function markOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path)
    return [dev, ino, size, mtimeMs, ctimeMs].join(' ')
  } catch {
    return undefined
  }
}
