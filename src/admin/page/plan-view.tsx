import { useEffect, useState } from 'preact/hooks'
import type { Connection } from './connection.ts'

/** The plan that is in force, as data. */
export function PlanView({ link }: { link: Connection }) {
  const [text, setText] = useState('')
  const [problem, setProblem] = useState('')
  useEffect(() => {
    link.read('api/plan').then(
      (plan) => setText(JSON.stringify(plan, null, 2)),
      (error: Error) => setProblem(error.message),
    )
  }, [link])
  return (
    <section aria-labelledby="plan">
      <h2 id="plan">Plan in force</h2>
      <p class="problem" role="alert">
        {problem}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre class="scroll" tabIndex={0}>
        {text}
      </pre>
    </section>
  )
}
