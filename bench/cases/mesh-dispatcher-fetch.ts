export { openFetch as open } from './mesh-dispatcher.ts'
