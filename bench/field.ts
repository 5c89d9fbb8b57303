import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Envoy, findEnvoy } from '../test/servers/envoy.ts'
import { HaProxy } from '../test/servers/haproxy.ts'
import { Nginx } from '../test/servers/nginx.ts'
import { findProgram, freePort, startProgram, takesConnections } from '../test/servers/server-kit.ts'
import { jsonAnswer, jsonHeaders, textAnswer } from './case.ts'
import type { Way } from './catalogue.ts'

/** Where the calls of a way go, and who is behind it. */
export interface Destination {
  readonly urls: readonly string[]
  readonly serverPid: number
  readonly sidecarPid: number | undefined
}

/** Every server that the cases call, running. */
export interface Field {
  /** The core of the clients and that of everything else; `undefined` where processes cannot be pinned. */
  readonly cores: { readonly client: number; readonly server: number } | undefined
  /** Such as `nginx/1.22.1`. */
  readonly server: string
  /** Why a way is missing. */
  readonly missing: Readonly<Partial<Record<Way, string>>>
  readonly ways: Readonly<Partial<Record<Way, Destination>>>
  close(): Promise<void>
}

/**
 * Starts servers and sidecars, all on one core.
 *
 * @param wanted the ways that cases take.
 * @param small whether to do without nginx although it is there.
 */
export async function openField(wanted: ReadonlySet<Way>, small = false): Promise<Field> {
  const cores = findProgram('taskset') !== undefined && availableParallelism() > 1 ? { client: 0, server: 1 } : undefined
  const core = cores?.server
  const closers: (() => Promise<void>)[] = []
  const missing: Partial<Record<Way, string>> = {}
  const ways: Partial<Record<Way, Destination>> = {}
  const servers = await startServers(small ? undefined : findProgram('nginx'), core, closers)
  ways.straight = { urls: servers.urls, serverPid: servers.pid, sidecarPid: undefined }
  const upstreamPorts = servers.urls.map((url) => Number(new URL(url).port))
  if (wanted.has('haproxy')) {
    const program = findProgram('haproxy')
    if (program === undefined) missing.haproxy = 'HAProxy is not installed: npm run bench -- --install'
    else ways.haproxy = before(servers.pid, keep(await HaProxy.start(program, { upstreamPorts, core }), closers))
  }
  if (wanted.has('envoy')) {
    const program = findEnvoy()
    if (program === undefined) missing.envoy = 'Envoy is not installed: npm run bench -- --install'
    else ways.envoy = before(servers.pid, keep(await Envoy.start(program, { upstreamPorts, core }), closers))
  }
  if (wanted.has('grpc')) await startGrpc(core, closers, ways, missing)
  return {
    cores,
    server: servers.name,
    missing,
    ways,
    close: async () => {
      for (const close of closers.toReversed()) await close()
    },
  }
}

interface Stoppable {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

function keep(sidecar: Stoppable, closers: (() => Promise<void>)[]): Stoppable {
  closers.push(() => sidecar.stop())
  return sidecar
}

function before(serverPid: number, { url, pid }: Stoppable): Destination {
  return { urls: [url], serverPid, sidecarPid: pid }
}

interface Servers {
  readonly urls: readonly string[]
  readonly pid: number
  readonly name: string
}

async function startServers(program: string | undefined, core: number | undefined, closers: (() => Promise<void>)[]): Promise<Servers> {
  if (program === undefined) return startSmallServer(core, closers)
  const folder = await mkdtemp(join(tmpdir(), 'proxyless-bench-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, '64k'), new Uint8Array(65_536))
  await writeFile(join(folder, '1m'), new Uint8Array(1_048_576))
  const nginx = await Nginx.start(program, { servers: 2, core, serverLines: serverLines(folder), httpLines: httpLines(folder) })
  closers.push(() => nginx.stop())
  return { urls: nginx.urls, pid: nginx.pid, name: 'nginx' }
}

function serverLines(folder: string): string {
  return `
      root ${folder};
      location = /text { return 200 '${textAnswer}'; }
      location = /json {
        default_type application/json;
        ${jsonHeaders.map(([name, value]) => `add_header ${name} '${value}';`).join('\n        ')}
        return 200 '${jsonAnswer}';
      }
      # The request's body must have been read before the answer leaves, which "return" alone does not do.
      location = /sink { proxy_pass http://answer/; }`
}

function httpLines(folder: string): string {
  return `
    server_tokens off;
    tcp_nodelay on;
    keepalive_timeout 300s;
    client_max_body_size 2m;
    client_body_buffer_size 2m;
    open_file_cache max=10;
    proxy_http_version 1.1;
    proxy_set_header connection '';
    proxy_pass_request_body off;
    proxy_set_header content-length '';
    upstream answer { server unix:${folder}/answer.sock; keepalive 300; }
    server {
      listen unix:${folder}/answer.sock;
      location / { return 200 'ok'; }
    }`
}

/** Runs one of our own programs, which takes its port as an argument. */
async function startOwn(file: string, core: number | undefined, closers: (() => Promise<void>)[], servers = 1): Promise<Servers> {
  const ports: number[] = []
  for (let i = 0; i < servers; i += 1) ports.push(await freePort())
  const running = await startProgram({
    program: process.execPath,
    args: [join(import.meta.dirname, file), ...ports.map(String)],
    ready: async () => (await Promise.all(ports.map(takesConnections))).every(Boolean),
    core,
  })
  closers.push(() => running.stop())
  return { urls: ports.map((port) => `http://127.0.0.1:${port}`), pid: running.pid as number, name: file }
}

async function startSmallServer(core: number | undefined, closers: (() => Promise<void>)[]): Promise<Servers> {
  const servers = await startOwn('small-server.ts', core, closers, 2)
  return { ...servers, name: 'a small one of our own (nginx costs less: calls/s are lower than they could be)' }
}

async function startGrpc(
  core: number | undefined,
  closers: (() => Promise<void>)[],
  ways: Partial<Record<Way, Destination>>,
  missing: Partial<Record<Way, string>>,
): Promise<void> {
  try {
    const { urls, pid } = await startOwn('peers/grpc-server.ts', core, closers)
    ways.grpc = { urls, serverPid: pid, sidecarPid: undefined }
  } catch {
    missing.grpc = '@grpc/grpc-js is not installed: npm run bench -- --install'
  }
}
