import { useState } from 'preact/hooks'
import type { AdminAction } from '../admin-action.ts'
import { endpointWords } from '../endpoint-words.ts'
import { count } from '../figures.ts'
import type { EndpointOverview, ServiceOverview } from '../overview.ts'
import { EndpointRow } from './endpoint-row.tsx'

/** More rows than this are on further pages. */
const pageSize = 50

const columns = {
  address: { title: 'endpoint', value: ({ address }: EndpointOverview) => address },
  state: { title: 'state', value: (endpoint: EndpointOverview) => toneOrder[endpointWords(endpoint).tone] },
  share: { title: 'share', value: ({ share }: EndpointOverview) => -share },
  rate: { title: 'per second', value: ({ perSecond = 0 }: EndpointOverview) => -perSecond },
  failed: { title: 'failed', value: ({ failures }: EndpointOverview) => -failures },
  p50: { title: 'p50', value: ({ latency }: EndpointOverview) => -(latency?.p50Ms ?? 0) },
  p99: { title: 'p99', value: ({ latency }: EndpointOverview) => -(latency?.p99Ms ?? 0) },
  flight: { title: 'in flight', value: ({ inFlight }: EndpointOverview) => -inFlight },
} as const
type Column = keyof typeof columns

const toneOrder = { bad: 0, warn: 1, off: 2, good: 3 } as const

interface EndpointTableProps {
  readonly service: ServiceOverview
  readonly act: ((action: AdminAction, done: string) => void) | undefined
}

/** The endpoints of a service: filtered, in order, and a page at a time. */
export function EndpointTable({ service: { name, endpoints }, act }: EndpointTableProps) {
  const [filter, setFilter] = useState('')
  const [troubled, setTroubled] = useState(false)
  const [order, setOrder] = useState<{ column: Column; reversed: boolean }>({ column: 'address', reversed: false })
  const [wanted, setPage] = useState(0)
  if (endpoints.length === 0) return <p class="empty">No endpoints.</p>
  const shown = sorted(matching(endpoints, filter, troubled), order)
  const pages = Math.max(1, Math.ceil(shown.length / pageSize))
  const page = Math.min(wanted, pages - 1)
  const sort = (column: Column): void => setOrder({ column, reversed: order.column === column ? !order.reversed : false })
  return (
    <div class="endpoints">
      <div class="tools">
        <label>
          Filter <span class="hidden">endpoints of {name}</span>
          <input
            type="search"
            value={filter}
            placeholder="address, zone, label, state"
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
        <label>
          <input type="checkbox" checked={troubled} onChange={(event) => setTroubled(event.currentTarget.checked)} />
          only those in trouble <span class="hidden">of {name}</span>
        </label>
        <span class="facts" aria-live="polite">
          {shown.length === endpoints.length
            ? `${count(shown.length)} endpoints`
            : `${count(shown.length)} of ${count(endpoints.length)} endpoints`}
        </span>
        {pages > 1 && <Pages name={name} page={page} pages={pages} onPage={setPage} />}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scroll" tabIndex={0} aria-label={`Endpoints of ${name}`}>
        <table>
          <thead>
            <tr>
              {(Object.keys(columns) as Column[]).map((column) => (
                <th key={column} scope="col" class={column} aria-sort={sortOf(order, column)}>
                  <button type="button" onClick={() => sort(column)}>
                    {columns[column].title}
                  </button>
                </th>
              ))}
              {act !== undefined && <th scope="col">actions</th>}
            </tr>
          </thead>
          <tbody>
            {shown.slice(page * pageSize, (page + 1) * pageSize).map((endpoint) => (
              <EndpointRow key={endpoint.address} service={name} endpoint={endpoint} act={act} />
            ))}
          </tbody>
        </table>
      </section>
    </div>
  )
}

function Pages({ name, page, pages, onPage }: { name: string; page: number; pages: number; onPage: (page: number) => void }) {
  return (
    <nav class="pages" aria-label={`Pages of the endpoints of ${name}`}>
      <button type="button" disabled={page === 0} onClick={() => onPage(page - 1)}>
        Previous
      </button>
      <span>
        page {page + 1} of {pages}
      </span>
      <button type="button" disabled={page === pages - 1} onClick={() => onPage(page + 1)}>
        Next
      </button>
    </nav>
  )
}

function matching(endpoints: readonly EndpointOverview[], filter: string, troubled: boolean): readonly EndpointOverview[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0 && !troubled) return endpoints
  return endpoints.filter((endpoint) => {
    const { tone, state, reasons } = endpointWords(endpoint)
    if (troubled && tone === 'good') return false
    const labels = Object.entries(endpoint.labels).map(([label, value]) => `${label}=${value}`)
    const text = [endpoint.address, endpoint.zone, state, ...labels, ...reasons].join(' ').toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

function sorted(
  endpoints: readonly EndpointOverview[],
  { column, reversed }: { column: Column; reversed: boolean },
): readonly EndpointOverview[] {
  const { value } = columns[column]
  // Addresses decide between equals, so that rows do not dance.
  const compare = (left: EndpointOverview, right: EndpointOverview): number =>
    order(value(left), value(right)) || order(left.address, right.address)
  return endpoints.toSorted(reversed ? (left, right) => compare(right, left) : compare)
}

function order(left: string | number, right: string | number): number {
  if (typeof left === 'string' && typeof right === 'string') return left.localeCompare(right, 'en', { numeric: true })
  return left < right ? -1 : left > right ? 1 : 0
}

function sortOf(order: { column: Column; reversed: boolean }, column: Column): 'ascending' | 'descending' | 'none' {
  if (order.column !== column) return 'none'
  // Figures begin with the largest.
  return (column === 'address' || column === 'state') === order.reversed ? 'descending' : 'ascending'
}
