import { type MetricsExportOptions, metricsExportSettings } from './export-options.ts'
import { type Metered, meteredMeshes, readMeshes } from './metered.ts'
import { prometheusData } from './prometheus-data.ts'

/** What writes the text: the serializer of OpenTelemetry's exporter, which knows the format and its escapes. */
interface Serializer {
  serialize(metrics: unknown): string
}

/** One for all: it keeps nothing but which conflicts it has told of. */
let serializer: Promise<Serializer> | undefined

/**
 * What meshes count, in the text format of Prometheus. See {@link metricsHandler} for a server that hands it out.
 *
 * It is written by the serializer of `@opentelemetry/exporter-prometheus`, an optional peer of this package; nothing of it is loaded before the first
 * text is asked for, and no OpenTelemetry has to be set up.
 *
 * @param nets a mesh, or several of one process; they are told apart by the label `proxyless_mesh`.
 * @param options see {@link MetricsExportOptions}.
 * @returns the text; rejects when the peer is not installed.
 * @throws TypeError when it is given no mesh, or a wrong option.
 * @example
 * ```ts
 * import { fixed, mesh } from 'proxyless'
 * import { prometheusText } from 'proxyless/metrics'
 *
 * await using net = mesh({ name: 'checkout' })
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080'])))
 *   .build()
 * console.log(await prometheusText(net))
 * ```
 */
export function prometheusText(nets: Metered | readonly Metered[], options?: MetricsExportOptions): Promise<string> {
  const meshes = meteredMeshes(nets, 'prometheusText')
  const settings = metricsExportSettings(options, 'prometheusText')
  return writeText(() => {
    const snapshots = meshes.map((net) => net.snapshot())
    return prometheusData(readMeshes(snapshots, settings))
  })
}

async function writeText(read: () => unknown): Promise<string> {
  serializer ??= loadSerializer()
  const writer = await serializer.catch((error) => {
    // It may be installed by the next time.
    serializer = undefined
    throw error
  })
  const data = read()
  // The serializer writes a sentence of its own where there is nothing.
  return data === undefined ? '' : `${writer.serialize(data).trimEnd()}\n`
}

async function loadSerializer(): Promise<Serializer> {
  try {
    const { PrometheusSerializer } = await import('@opentelemetry/exporter-prometheus')
    // Without a target and a scope: both would be the same on every line.
    return new PrometheusSerializer('', false, undefined, true, true) as Serializer
  } catch (cause) {
    throw new Error('prometheusText: expected the package @opentelemetry/exporter-prometheus to be installed beside proxyless', { cause })
  }
}
