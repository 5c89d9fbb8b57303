// The order of these imports is the point: the slots are read before undici is evaluated, and put back after.
import { restoreGlobalDispatchers } from './global-dispatcher-slots.ts'
import { buildConnector, Client, Dispatcher, Dispatcher1Wrapper, errors, request } from 'undici'

restoreGlobalDispatchers()

export { buildConnector, Client, Dispatcher, Dispatcher1Wrapper, errors, request }
