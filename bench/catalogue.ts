import type { Job } from './case.ts'

/** The way that calls take. */
export type Way = 'straight' | 'envoy' | 'haproxy' | 'grpc'

/** One row of the result. */
export interface BenchCase {
  /** Unique; what `--only` looks at. */
  readonly name: string
  /** As people call it. */
  readonly label: string
  /** The module of the client, seen from this folder. */
  readonly client: string
  readonly job: Job
  readonly way: Way
}

function text(name: string, label: string, client: string, way: Way = 'straight'): BenchCase {
  return { name, label, client, job: 'text', way }
}

/** Every client with the same small call: GET, and the answer as text. */
export const textCases: readonly BenchCase[] = [
  text('bare-dispatch', 'bare `Client.dispatch`', './cases/bare-dispatch.ts'),
  text('undici-request', '`undici.request`', './cases/undici-request.ts'),
  text('built-in-fetch', 'built-in `fetch`', './cases/built-in-fetch.ts'),
  text('undici-fetch', '`undici.fetch`', './cases/undici-fetch.ts'),
  text('mesh-fetch', '**`net.fetch`**', './cases/mesh-fetch.ts'),
  text('mesh-fetch-metrics-off', '`net.fetch` with `metrics: false`', './cases/mesh-fetch-metrics-off.ts'),
  text('mesh-fetch-metrics-otel', '`net.fetch`, metrics recorded by OpenTelemetry', './cases/mesh-fetch-metrics-otel.ts'),
  text('mesh-request', '**`net.request`**', './cases/mesh-request.ts'),
  text('request-through-dispatcher', '**`undici.request` through `net.dispatcher`**', './cases/mesh-dispatcher-request.ts'),
  text('fetch-through-dispatcher', '**built-in `fetch` through `net.dispatcher`**', './cases/mesh-dispatcher-fetch.ts'),
  text('balanced-pool', 'undici `BalancedPool` + `RetryAgent`', './cases/undici-balanced-retry.ts'),
  text('got', 'got', './peers/got.ts'),
  text('axios', 'axios', './peers/axios.ts'),
  text('ky', 'ky', './peers/ky.ts'),
  text('cockatiel', 'cockatiel around `fetch`', './peers/cockatiel.ts'),
  text('opossum', 'opossum + p-retry around `fetch`', './peers/opossum.ts'),
  text('grpc', '@grpc/grpc-js, unary, Node server', './peers/grpc.ts', 'grpc'),
  text('undici-haproxy', '`undici.request` through HAProxy', './cases/undici-request.ts', 'haproxy'),
  text('fetch-haproxy', 'built-in `fetch` through HAProxy', './cases/built-in-fetch.ts', 'haproxy'),
  text('undici-envoy', '`undici.request` through Envoy', './cases/undici-request.ts', 'envoy'),
  text('fetch-envoy', 'built-in `fetch` through Envoy', './cases/built-in-fetch.ts', 'envoy'),
]

/** The other things that a call may do, by what they are called. */
export const otherJobs: Readonly<Partial<Record<Job, string>>> = {
  json: 'GET, `json()`',
  headers: 'GET with 4 headers, read 2, `json()`',
  iterate: 'GET, iterate over the body',
  '64k': 'GET 64 KiB, `arrayBuffer()`',
  download: 'GET 1 MiB, `arrayBuffer()`',
  upload: 'POST 1 MiB',
  post: 'POST JSON',
}

const jobClients = [
  { name: 'built-in-fetch', label: 'built-in `fetch`', client: './cases/built-in-fetch.ts' },
  { name: 'undici-request', label: '`undici.request`', client: './cases/undici-request.ts' },
  { name: 'mesh-fetch', label: '**`net.fetch`**', client: './cases/mesh-fetch.ts' },
]

/** The other jobs, for the clients that all programs have and the one that replaces them. */
export const jobCases: readonly BenchCase[] = Object.keys(otherJobs).flatMap((job) =>
  jobClients.map(({ name, label, client }): BenchCase => ({ name: `${name}:${job}`, label, client, job: job as Job, way: 'straight' })),
)
