import type { StartContender } from './contender.ts'
import { startCockatiel } from './contenders/cockatiel.ts'
import { startEnvoy } from './contenders/envoy.ts'
import { startProxyless } from './contenders/proxyless.ts'
import { startUndici } from './contenders/undici-agent.ts'

/** Ours, by the name that the table gives it. */
export const ours = 'proxyless'

/** Everybody who makes the calls, by the name that the table gives them. */
export const contenders: ReadonlyMap<string, StartContender> = new Map([
  [ours, startProxyless],
  ['undici BalancedPool + RetryAgent', startUndici],
  ['cockatiel around fetch', startCockatiel],
  ['undici.request through Envoy', startEnvoy],
])
