import type { Explanation } from '../mesh/explanation.ts'
import { printExplanation } from '../mesh/print-explanation.ts'
import type { AdminMesh } from './admin-mesh.ts'

/** What would become of a call, with the same as text; or why that cannot be told. */
export type Explained =
  | { readonly ok: true; readonly explanation: Explanation & { readonly text: string } }
  | { readonly ok: false; readonly message: string }

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * What would become of a call now. It is not made, and nothing changes.
 *
 * @param net the mesh.
 * @param query `url` such as `http://orders/v1/42`, and `method` (GET, if left out).
 */
export function explainRequest(net: AdminMesh, query: URLSearchParams): Explained {
  const url = query.get('url')
  const method = (query.get('method') ?? 'GET').toUpperCase()
  if (url === null || !/^https?:\/\//i.test(url) || !URL.canParse(url))
    return { ok: false, message: `url: expected one such as http://orders/v1/42, got ${url === null ? 'nothing' : JSON.stringify(url)}` }
  if (!methods.includes(method))
    return { ok: false, message: `method: expected one of ${methods.join(', ')}, got ${JSON.stringify(method)}` }
  try {
    const explanation = net.explain(url, { method })
    return { ok: true, explanation: { ...explanation, text: printExplanation(explanation) } }
  } catch (error) {
    // What fetch would not take either, such as a user name in the URL.
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  }
}
