import { useState } from 'preact/hooks'
import type { Overview } from '../overview.ts'
import type { Connection } from './connection.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Asks what would become of a call now, without making it. */
export function ExplainView({ link, overview: { services } }: { link: Connection; overview: Overview }) {
  const [service, setService] = useState('')
  const [path, setPath] = useState('/')
  const [method, setMethod] = useState('GET')
  const [text, setText] = useState('')
  const [problem, setProblem] = useState('')
  const chosen = service || services[0]?.name || ''
  const ask = (event: Event): void => {
    event.preventDefault()
    const url = `http://${chosen}${path.startsWith('/') ? '' : '/'}${path}`
    link.read(`api/explain?${new URLSearchParams({ url, method })}`).then(
      (explanation) => {
        setProblem('')
        setText((explanation as { text: string }).text)
      },
      (error: Error) => {
        setText('')
        setProblem(error.message)
      },
    )
  }
  return (
    <section aria-labelledby="explain">
      <h2 id="explain">What would become of a call now</h2>
      <p class="facts">Nothing is sent and nothing changes. Headers are not part of it.</p>
      <form class="tools" onSubmit={ask}>
        <label>
          Method{' '}
          <select value={method} onChange={(event) => setMethod(event.currentTarget.value)}>
            {methods.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Service{' '}
          <select value={chosen} onChange={(event) => setService(event.currentTarget.value)}>
            {services.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Path <input type="text" value={path} spellcheck={false} onInput={(event) => setPath(event.currentTarget.value)} />
        </label>
        <button type="submit" disabled={chosen === ''}>
          Explain
        </button>
      </form>
      <p class="problem" role="alert">
        {problem}
      </p>
      <div aria-live="polite">
        {text !== '' && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          <pre tabIndex={0}>{text}</pre>
        )}
      </div>
    </section>
  )
}
