import type { AdminMesh } from './admin-mesh.ts'

/** What has to be installed beside this package for metrics to be written as text. */
const peer = '@opentelemetry/exporter-prometheus'

/** Metrics, or why there are none. */
export type MetricsAnswer = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string }

/**
 * The metrics of a mesh as Prometheus reads them. Nothing of that is loaded before somebody asks.
 *
 * @param net the mesh.
 * @param write writes them; given by tests alone.
 * @returns rejects with what went wrong, unless that is only that the package is not installed which writes them.
 */
export async function metricsText(net: AdminMesh, write: (net: AdminMesh) => Promise<string> = written): Promise<MetricsAnswer> {
  try {
    return { ok: true, text: await write(net) }
  } catch (error) {
    if (!isMissing(error)) throw error
    return {
      ok: false,
      message: `expected the package ${peer} to be installed beside proxyless (npm install ${peer}), or the option \`metrics\` of the admin page`,
    }
  }
}

async function written(net: AdminMesh): Promise<string> {
  const { prometheusText } = await import('../metrics/prometheus-text.ts')
  return prometheusText(net)
}

function isMissing(error: unknown): boolean {
  const { cause } = (error ?? {}) as { cause?: { code?: unknown; message?: unknown } }
  const code = cause?.code
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && String(cause?.message).includes(peer)
}
