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

/** Reads a record; what it does not say stays empty. */
export function callLine(record: unknown): CallLine {
  const said = (typeof record === 'object' && record !== null ? record : {}) as Record<string, unknown>
  const text = (...names: string[]): string => {
    const found = names.map((name) => said[name]).find((value) => typeof value === 'string' || typeof value === 'number')
    return found === undefined ? '' : String(found)
  }
  const outcome = text('code', 'error', 'status', 'outcome', 'result')
  const durationMs = ['durationMs', 'tookMs', 'latencyMs'].map((name) => said[name]).find((value) => typeof value === 'number')
  return {
    key: text('id', 'number') || `${text('at', 'startedAt')} ${text('path')}`,
    service: text('service'),
    request: [text('method'), text('path', 'url')].filter((part) => part !== '').join(' '),
    outcome: outcome || 'call',
    failed: !/^[123]\d\d$/.test(outcome),
    durationMs,
    attempts: Array.isArray(said.attempts) ? said.attempts.length : 0,
    text: text('text') || JSON.stringify(record, null, 2),
  }
}
