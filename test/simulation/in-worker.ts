import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

/**
 * Calls an exported function in a thread of its own. The test runner follows every promise that a test makes, which makes a simulation
 * five times as slow.
 *
 * @param module whose function it is: an absolute URL.
 * @param name what it is exported as.
 * @param args what can be sent to another thread.
 * @returns what the function resolves with, if that can be sent, too.
 */
export function inWorker<T>(module: string, name: string, ...args: readonly unknown[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { module, name, args } })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`${name}: the thread ended with ${code} and without an answer`)))
  })
}

if (!isMainThread && workerData?.module !== undefined) {
  const { module, name, args } = workerData
  const exported = await import(module)
  parentPort?.postMessage(await exported[name](...args))
}
