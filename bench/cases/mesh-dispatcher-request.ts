export { openRequest as open } from './mesh-dispatcher.ts'
