// The same on every Node that the package supports, and with the packed package: test/consumer.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { npm } from '../consumer/npm.ts'
import { root } from '../consumer/packed-package.ts'
import { checkDispatcherIsKept, checkNoDispatcherIsSet, undiciCopies } from '../consumer/undici-copies.ts'

const project = mkdtempSync(join(tmpdir(), 'proxyless-dispatcher-'))
after(() => rmSync(project, { recursive: true, force: true }))

cpSync(join(root, 'test', 'consumer', 'fixtures'), project, { recursive: true })
writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: undiciCopies }))
await npm(process.execPath, ['install'], project)

const setting = { node: process.execPath, project, subject: pathToFileURL(join(root, 'src', 'index.ts')).href }

test('importing the package sets no global dispatcher', () => checkNoDispatcherIsSet(setting))

for (const copy of Object.keys(undiciCopies)) {
  test(`importing the package keeps the dispatcher set through ${copy}`, () => checkDispatcherIsKept(setting, copy))
}
