import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadAddon } from './load.js'
import { packPaths, unpackPaths } from './path-list.js'
import { compileScriptedLibrary, packFids, SCRIPTED_MOUNT, type ScriptedLibrary, script } from './testing/scripted-library.js'
import { builtAddon, bytes, makeTestRoot } from './testing/test-root.js'

const addon = builtAddon()
const loaded = loadAddon()

let library: ScriptedLibrary
beforeAll(() => {
  library = compileScriptedLibrary()
  addon.openLustreapi([library.path])
})
afterAll(() => library[Symbol.dispose]())

/** Looks `fids` up in a thread that loads the compiled addon for itself; posts the errnos. */
const LOOK_UP = `
  const { parentPort, workerData } = require('node:worker_threads')
  const native = require(workerData.addon)
  const before = (() => { try { native.fid2path(Buffer.from('x'), new Uint8Array(16), 0, 1) } catch (error) { return error.code } })()
  native.openLustreapi([workerData.library])
  native.fid2path(Buffer.from(workerData.mount), workerData.fids, 0, 8).then(({ errno }) => parentPort.postMessage({ before, errno }))
  parentPort.postMessage('started')
`

function startLookup(fids: Uint8Array): Worker {
  const path = loaded.ok ? loaded.path : ''
  return new Worker(LOOK_UP, { eval: true, workerData: { addon: path, library: library.path, mount: SCRIPTED_MOUNT, fids } })
}

const eventOf = (worker: Worker, event: 'message' | 'exit') =>
  new Promise<unknown>((resolve, reject) => worker.once(event, resolve).once('error', reject))

/** Everything that a thread posts until it ends. */
async function messagesOf(worker: Worker): Promise<unknown[]> {
  const messages: unknown[] = []
  worker.on('message', (message) => messages.push(message))
  await eventOf(worker, 'exit')
  return messages
}

it('runs in several threads of one process, each with a library of its own', async () => {
  const fids = packFids(Array.from({ length: 500 }, (_, index) => (index % 2 ? [script.links, 3] : [script.error, 5])))
  const answers = Array.from({ length: 6 }, () => messagesOf(startLookup(fids)))
  const errno = Int32Array.from({ length: 500 }, (_, index) => (index % 2 ? 0 : 5))
  expect(await Promise.all(answers)).toEqual(new Array(6).fill(['started', { before: 'LUSTREAPI_NOT_OPEN', errno }]))
})

it('survives the end of a thread with lookups under way', async () => {
  // Its two lookups answer only when a third one waits with them, which comes after the thread was told to end.
  const worker = startLookup(
    packFids([
      [script.together, 3],
      [script.together, 3],
    ]),
  )
  await eventOf(worker, 'message')
  const ended = worker.terminate()
  expect([...(await addon.fid2path(SCRIPTED_MOUNT, packFids([[script.together, 3]]))).errno]).toEqual([0])
  expect(await ended).toBe(1)
  const columns = await addon.fid2path(SCRIPTED_MOUNT, packFids([[script.links, 1]]))
  expect(unpackPaths(columns.paths).map(String)).toEqual(['d/link0'])
})

it('answers many batches at once, with the garbage collector running all the time', async () => {
  using root = makeTestRoot(addon)
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let index = 0; index < 20; index++) addon.mkdir(root.fd, bytes(`d${index}`))
  const paths = packPaths(Array.from({ length: 200 }, (_, index) => bytes(`d${index % 25}`)))
  const expected = Int32Array.from({ length: 200 }, (_, index) => (index % 25 < 20 ? 0 : 2))
  const batches = Array.from({ length: 60 }, async (_, index) => {
    const errno = [
      (await addon.lstatBatch(root.fd, paths, { inFlight: 1 + index })).errno,
      (await addon.readdirBatch(root.fd, paths, { inFlight: 1 + index })).errno,
    ]
    collect()
    return errno
  })
  for (const errno of (await Promise.all(batches)).flat()) expect(errno).toEqual(expected)
})
