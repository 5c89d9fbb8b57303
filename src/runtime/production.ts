/** Whether this process says that it is in production: `NODE_ENV` is `production`. Read each time, as programs set it late. */
export function isProduction(): boolean {
  return process.env.NODE_ENV === 'production'
}
