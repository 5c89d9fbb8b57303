import { fixed, type Mesh, type MeshDispatcher, mesh } from '../../../src/index.ts'
import {
  type AnswerFunction,
  type FakeClock,
  fakeClock,
  type ScriptedAnswer,
  type ScriptedTransport,
  scriptedTransport,
} from '../../../src/testing/index.ts'

/** A mesh with one service of two endpoints, behind which there is a script. */
export interface TestMesh extends AsyncDisposable {
  readonly net: Mesh
  readonly dispatcher: MeshDispatcher
  readonly transport: ScriptedTransport
  readonly clock: FakeClock
}

export const endpoints: readonly string[] = ['http://10.0.0.1:8080', 'http://10.0.0.2:8080']

/** Makes a {@link TestMesh}; without a script each attempt waits for the test. */
export function meshOver(script?: ScriptedAnswer | AnswerFunction): TestMesh {
  const clock = fakeClock()
  const transport = scriptedTransport(script)
  const net: Mesh = mesh({ name: 'test', clock, transport, outbound: 'registered-only' })
    .service('orders', (s) => s.resolve(fixed(endpoints)).deadline('5s'))
    .build() as Mesh
  return { net, dispatcher: net.dispatcher, transport, clock, [Symbol.asyncDispose]: () => net.close({ grace: 0 }) }
}

/** A plain request. */
export const get = Object.freeze({ origin: 'http://orders', path: '/v1', method: 'GET' })
