/** A record of a call as the page lists it. */
export interface CallLine {
  readonly key: string
  readonly service: string
  readonly request: string
  readonly outcome: string
  readonly failed: boolean
  readonly durationMs: number | undefined
  readonly attempts: number
  /** The whole record. */
  readonly text: string
}

/** What is read of a record; it may come from another version of this package. */
interface Said {
  readonly service?: unknown
  readonly method?: unknown
  readonly path?: unknown
  readonly startedAt?: unknown
  readonly result?: unknown
  readonly status?: unknown
  readonly error?: { readonly code?: unknown } | null
  readonly attempts?: unknown
  readonly time?: { readonly totalMs?: unknown } | null
  readonly text?: unknown
}

/** Reads a record of `Mesh.recent()`; what it does not say stays empty. */
export function callLine(record: unknown): CallLine {
  const { service, method, path, startedAt, result, status, error, attempts, time, text } = (record ?? {}) as Said
  const totalMs = time?.totalMs
  return {
    key: [startedAt, service, method, path, totalMs].map(word).join(' '),
    service: word(service),
    request: `${word(method)} ${word(path)}`.trim(),
    outcome: word(error?.code) || word(status) || word(result) || 'call',
    failed: result === 'failed',
    durationMs: typeof totalMs === 'number' ? totalMs : undefined,
    attempts: Array.isArray(attempts) ? attempts.length : 0,
    text: word(text) || JSON.stringify(record, null, 2),
  }
}

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
