import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { AdminAction } from '../admin-action.ts'
import { span } from '../figures.ts'
import type { Overview } from '../overview.ts'
import { CallsView } from './calls-view.tsx'
import { Connection, type Status } from './connection.ts'
import { EventsView } from './events-view.tsx'
import { ExplainView } from './explain-view.tsx'
import { History } from './history.ts'
import { PlanView } from './plan-view.tsx'
import { ServicesView } from './services-view.tsx'
import { TokenForm } from './token-form.tsx'

const views = { services: 'Services', calls: 'Calls', explain: 'Explain', events: 'Events', plan: 'Plan' } as const
type View = keyof typeof views

function viewOfAddress(): View {
  const name = location.hash.replace(/^#/, '')
  return Object.hasOwn(views, name) ? (name as View) : 'services'
}

/** Everything on the page. */
export function App() {
  const [overview, setOverview] = useState<Overview>()
  const [status, setStatus] = useState<{ status: Status; problem: string }>({ status: 'connecting', problem: '' })
  const [view, setView] = useState<View>(viewOfAddress())
  const [said, setSaid] = useState('')
  const history = useMemo(() => new History(), [])
  const connection = useRef<Connection>(null)
  connection.current ??= new Connection({
    overview(next) {
      history.add(next)
      setOverview(next)
    },
    status: (now, problem) => setStatus({ status: now, problem }),
  })
  const link = connection.current

  useEffect(() => {
    link.start()
    const turn = (): void => setView(viewOfAddress())
    addEventListener('hashchange', turn)
    return () => removeEventListener('hashchange', turn)
  }, [link])
  useEffect(() => {
    document.title = overview === undefined ? 'proxyless' : `${overview.mesh} – proxyless`
  }, [overview?.mesh])

  const act = (action: AdminAction, done: string): void => {
    setSaid('')
    link.act(action).then(
      () => setSaid(done),
      (error: Error) => setSaid(`Not done: ${error.message}`),
    )
  }

  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <header>
        <h1>{overview?.mesh ?? 'proxyless'}</h1>
        <p class="facts">{overview !== undefined && `${overview.state} · up ${span(overview.at - overview.since)}`}</p>
        <p class={`status ${status.status}`} role="status">
          {statusText(status)}
        </p>
        <nav aria-label="Views">
          {(Object.keys(views) as View[]).map((name) => (
            <a key={name} href={`#${name}`} aria-current={name === view ? 'page' : undefined}>
              {views[name]}
            </a>
          ))}
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        <p class="said" role="status">
          {said}
        </p>
        {status.status === 'token' ? (
          <TokenForm problem={status.problem} onToken={(token) => link.useToken(token)} />
        ) : overview === undefined ? (
          <p class="empty">{status.status === 'lost' ? 'The program does not answer.' : 'Waiting for the first figures …'}</p>
        ) : (
          contentOf(view, { overview, history, link, act })
        )}
      </main>
    </>
  )
}

interface Content {
  readonly overview: Overview
  readonly history: History
  readonly link: Connection
  readonly act: (action: AdminAction, done: string) => void
}

function contentOf(view: View, { overview, history, link, act }: Content): ComponentChildren {
  if (view === 'services') return <ServicesView overview={overview} history={history} act={act} />
  if (view === 'calls') return <CallsView link={link} />
  if (view === 'explain') return <ExplainView link={link} overview={overview} />
  if (view === 'events') return <EventsView events={overview.events} />
  return <PlanView link={link} />
}

function statusText({ status, problem }: { status: Status; problem: string }): string {
  if (status === 'live') return 'live'
  if (status === 'token') return 'token needed'
  return status === 'connecting' ? 'connecting …' : `not connected: ${problem}`
}
