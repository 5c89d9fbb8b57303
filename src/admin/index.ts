/**
 * The admin page of a mesh: what its services, endpoints, circuits and budgets do, live in a browser or in a terminal (`npx proxyless top`), and
 * actions upon them. It is off until {@link startAdmin} or {@link adminHandler} is called, and listens on this machine alone unless told otherwise.
 *
 * @module
 */

export type { AdminAction } from './admin-action.ts'
export { type AdminHandler, adminHandler } from './admin-handler.ts'
export type { AdminMesh } from './admin-mesh.ts'
export { type AdminHandlerOptions, type AdminOptions, adminDefaults, type MetricsText } from './admin-options.ts'
export type { EndpointOverview, EventLine, Overview, Rates, RouteOverview, ServiceOverview } from './overview.ts'
export { type AdminServer, startAdmin } from './start-admin.ts'
