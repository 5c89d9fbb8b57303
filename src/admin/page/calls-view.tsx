import { useEffect, useState } from 'preact/hooks'
import { type CallLine, callLine } from '../call-line.ts'
import { latency } from '../figures.ts'
import type { Connection } from './connection.ts'

const everyMs = 2_000

/** Calls that failed or took long, newest first, each with the record of what was decided for it. */
export function CallsView({ link }: { link: Connection }) {
  const [calls, setCalls] = useState<readonly CallLine[]>()
  const [problem, setProblem] = useState('')
  useEffect(() => {
    const read = (): void => {
      link.read('api/recent').then(
        (records) => setCalls((records as unknown[]).map(callLine)),
        (error: Error) => setProblem(error.message),
      )
    }
    read()
    const timer = setInterval(read, everyMs)
    return () => clearInterval(timer)
  }, [link])
  return (
    <section aria-labelledby="calls">
      <h2 id="calls">Calls that failed or took long</h2>
      <p class="problem" role="alert">
        {problem}
      </p>
      {calls?.length === 0 && <p class="empty">None so far.</p>}
      <ul class="calls">
        {calls?.map((call) => (
          <li key={call.key}>
            <details>
              <summary>
                <span class="call">
                  <span class={`chip ${call.failed ? 'bad' : 'good'}`}>{call.outcome}</span>
                  <strong>{call.service}</strong>
                  <span class="path">{call.request}</span>
                  <span class="facts">
                    {latency(call.durationMs)} · {call.attempts} {call.attempts === 1 ? 'attempt' : 'attempts'}
                  </span>
                </span>
              </summary>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
              <pre tabIndex={0}>{call.text}</pre>
            </details>
          </li>
        ))}
      </ul>
    </section>
  )
}
