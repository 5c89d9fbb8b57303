/** How the numbers of a metric are to be read. */
export type MetricKind = 'counter' | 'up-down' | 'gauge' | 'histogram'

/** One metric. */
export interface MetricDefinition {
  /** A counter only grows; an up-down counter may be added up over processes; a gauge may not. */
  readonly kind: MetricKind
  /** As OpenTelemetry writes it; empty for none. */
  readonly unit: string
  /** What it is. */
  readonly description: string
  /** What its series are told apart by, beside mesh and service. */
  readonly attributes: readonly string[]
}

function metric(kind: MetricKind, unit: string, description: string, ...attributes: readonly string[]): MetricDefinition {
  return Object.freeze({ kind, unit, description, attributes: Object.freeze(attributes) })
}

const server = ['server.address', 'server.port'] as const
const endpoint = 'proxyless.endpoint'
const state = 'proxyless.state'
const result = 'proxyless.result'
const reason = 'proxyless.reason'
const route = 'proxyless.route'
const version = 'proxyless.version'

/**
 * Every metric by its name. Those that begin with `http.client.` are of OpenTelemetry's semantic conventions; the others are the mesh's own. Every
 * series has the attributes `proxyless.mesh` and `proxyless.service`.
 */
export const meshMetrics = Object.freeze({
  'http.client.request.duration': metric(
    'histogram',
    's',
    'Time of each attempt until the head of its reply, or its failure',
    'http.request.method',
    ...server,
    'http.response.status_code',
    'error.type',
    endpoint,
  ),
  'proxyless.call.duration': metric(
    'histogram',
    's',
    'Time of each call until the head of its reply, or its failure, with all its attempts and waits',
    'http.response.status_code',
    'error.type',
    'proxyless.route',
  ),
  'http.client.active_requests': metric('up-down', '{request}', 'Attempts in flight, until their body is over', ...server, endpoint),
  'http.client.open_connections': metric(
    'up-down',
    '{connection}',
    'Connections that are open, or being made',
    'http.connection.state',
    ...server,
    endpoint,
  ),
  'http.client.connection.duration': metric('histogram', 's', 'How long connections were open that are closed now'),

  'proxyless.calls': metric('counter', '{call}', 'Calls that are over, their body included, however many attempts they took', result),
  'proxyless.calls.active': metric('up-down', '{call}', 'Calls that are not over'),
  'proxyless.attempts': metric('counter', '{attempt}', 'Attempts, by how they were judged at the head of their reply', 'proxyless.verdict'),
  'proxyless.extra_attempts': metric('counter', '{attempt}', 'Attempts beyond the first of a call', 'proxyless.kind'),
  'proxyless.extra_attempts.withheld': metric('counter', '{attempt}', 'Attempts beyond the first of a call that were not made', reason),
  'proxyless.attempts.repeated': metric(
    'counter',
    '{attempt}',
    'Attempts that were made again: the status, or the code of the error',
    reason,
  ),
  'proxyless.hedges.won': metric('counter', '{attempt}', 'Hedges that gave the answer'),
  'proxyless.retry_budget.left': metric('gauge', '{attempt}', 'Retries and hedges that may be made now'),
  'proxyless.retry_budget.credit': metric('gauge', '{attempt}', 'Requeues that may be made now without drawing on the budget'),

  'proxyless.endpoints': metric('up-down', '{endpoint}', 'Endpoints by the worst that is known of their health', state),
  'proxyless.endpoints.ejected': metric('up-down', '{endpoint}', 'Endpoints that are ejected now'),
  'proxyless.ejections': metric('counter', '{ejection}', 'Ejections that were carried out, by the rule', reason),
  'proxyless.ejections.withheld': metric('counter', '{ejection}', 'Ejections that were not carried out', reason),
  'proxyless.endpoint.circuits': metric('up-down', '{circuit}', 'Circuits of endpoints by their state', state),
  'proxyless.circuit.state': metric(
    'gauge',
    '',
    'The circuit of the service, or of a route: 1 for the state that it is in, 0 for the others',
    state,
    route,
  ),
  'proxyless.circuit.openings': metric('counter', '{opening}', 'How often the circuit of the service, or of a route, opened', route),
  'proxyless.circuit.refused': metric('counter', '{call}', 'Calls that the circuit of the service, or of a route, refused', route),
  'proxyless.tier.panic': metric('gauge', '', 'Whether so few endpoints of a tier are fit that all are used', 'proxyless.tier'),

  'proxyless.rate_limit.calls': metric('counter', '{call}', 'What the rate limit did with calls', result, route),
  'proxyless.rate_limit.permits': metric('gauge', '{permit}', 'Permits that are left', route),
  'proxyless.rate_limit.waiting': metric('up-down', '{call}', 'Calls that wait for a permit of the rate limit', route),
  'proxyless.concurrency.limit': metric('gauge', '{call}', 'Most calls at once, as it is now', route),
  'proxyless.concurrency.in_flight': metric('up-down', '{call}', 'Calls that hold a permit', route),
  'proxyless.concurrency.waiting': metric('up-down', '{call}', 'Calls that wait for a permit: the queue', route),
  'proxyless.concurrency.calls': metric('counter', '{call}', 'What the concurrency limit did with calls', result, route),
  'proxyless.endpoint_concurrency.waiting': metric('up-down', '{attempt}', 'Attempts that wait for an endpoint with room'),
  'proxyless.endpoint_concurrency.attempts': metric('counter', '{attempt}', 'What the limits of endpoints did with attempts', result),
  'proxyless.admission.rejected': metric('gauge', '1', 'The share of calls that admission control refuses now', route),
  'proxyless.admission.calls': metric('counter', '{call}', 'What admission control did with calls', result, route),
  'proxyless.connections.waiting': metric('up-down', '{attempt}', 'Attempts that wait for a connection'),

  'proxyless.route.calls': metric(
    'counter',
    '{call}',
    'Calls of a route that are over; they are among those of the service',
    result,
    route,
  ),
  'proxyless.route.calls.active': metric('up-down', '{call}', 'Calls of a route that are not over', route),
  'proxyless.split.state': metric('gauge', '', 'A split: 1 for the state that it is in, 0 for the others', state, route),
  'proxyless.split.progress': metric('gauge', '1', 'How far the ramp of a split is on its way', route),
  'proxyless.split.share': metric('gauge', '1', 'The share of the calls that a version gets now', version, route),
  'proxyless.split.calls': metric('counter', '{call}', 'Calls that were given to a version', version, route),
  'proxyless.split.elsewhere': metric('counter', '{call}', 'Those of them that another version had to take', version, route),
  'proxyless.mirror.copies': metric(
    'counter',
    '{call}',
    'Copies of calls that are over: answered, whatever the status, or failed',
    result,
    route,
  ),
  'proxyless.mirror.in_flight': metric('up-down', '{call}', 'Copies of calls that are under way', route),
  'proxyless.mirror.dropped': metric('counter', '{call}', 'Calls that were to be copied and were not', reason, route),
  'proxyless.faults': metric('counter', '{fault}', 'Faults that were injected', 'proxyless.kind', route),
  'proxyless.faults.withheld': metric('counter', '{fault}', 'Faults that were asked for and not injected', reason, route),
  'proxyless.faults.active': metric('up-down', '{attempt}', 'Attempts that are under an injected fault', route),
  'proxyless.faults.on': metric('gauge', '', 'Whether faults are injected', route),

  'proxyless.discovery.age': metric('gauge', 's', 'Age of the last good answer of the resolver'),
  'proxyless.discovery.state': metric('gauge', '', 'What discovery knows: 1 for the state that it is in, 0 for the others', state),
  'proxyless.discovery.failures': metric('counter', '{failure}', 'How often the resolver threw'),
  'proxyless.part_faults': metric('counter', '{fault}', 'How often a policy, balancer, meter or classifier threw'),
  'proxyless.balancer.bypasses': metric('counter', '{bypass}', 'How often the balancer was given up for a set of endpoints'),

  'proxyless.utilisation': metric('gauge', '1', 'R: what is in flight at an endpoint by what it takes at once, the mean over endpoints'),
  'proxyless.throughput': metric('gauge', '{attempt}/s', 'T: what an endpoint answers in a second, the mean over endpoints'),
  'proxyless.security': metric('gauge', '1', 'S: the share of endpoints that are spoken to over TLS, or over a UNIX socket'),

  'proxyless.endpoint.attempts': metric('counter', '{attempt}', 'Attempts begun at an endpoint', endpoint, 'proxyless.zone'),
  'proxyless.endpoint.failures': metric(
    'counter',
    '{attempt}',
    'Attempts at an endpoint that were judged a failure',
    endpoint,
    'proxyless.zone',
  ),
  'proxyless.endpoint.health': metric(
    'gauge',
    '',
    'Health of an endpoint: 1 healthy, 0.5 degraded, 0 unhealthy',
    endpoint,
    'proxyless.zone',
  ),
  'proxyless.endpoint.ejected': metric('gauge', '', 'Whether an endpoint is ejected', endpoint, 'proxyless.zone'),
  'proxyless.endpoint.limit': metric('gauge', '{attempt}', 'Most attempts at once at an endpoint, as it is now', endpoint),
} as const satisfies Readonly<Record<string, MetricDefinition>>)

/** The name of a metric, as OpenTelemetry writes it. */
export type MetricName = keyof typeof meshMetrics

/** What series of every metric are told apart by. */
export const everyAttribute: readonly string[] = Object.freeze(['proxyless.mesh', 'proxyless.service'])
