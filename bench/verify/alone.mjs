import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

const READ_ALONE = fileURLToPath(new URL('read-alone.mjs', import.meta.url))
const PIECE_BYTES = 64 * 2 ** 20

/** Reads and hashes files with a thread for each processor, which have been started before; the files shared out by their bytes, a large one in pieces. */
export async function readAlone(root, files) {
  const workers = sharesOf(root, files).map((pieces) => new Worker(READ_ALONE, { workerData: pieces }))
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))))
  const cpu = process.cpuUsage()
  const started = performance.now()
  await Promise.all(
    workers.map((worker) => {
      worker.postMessage('go')
      return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
    }),
  )
  const { user, system } = process.cpuUsage(cpu)
  return { seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 }
}

function sharesOf(root, files) {
  const pieces = files.flatMap(({ path, size }) =>
    Array.from({ length: Math.ceil(size / PIECE_BYTES) }, (_, index) => ({
      path: join(root, path),
      start: index * PIECE_BYTES,
      end: Math.min(size, (index + 1) * PIECE_BYTES),
    })),
  )
  const shares = Array.from({ length: availableParallelism() }, () => ({ bytes: 0, pieces: [] }))
  for (const piece of pieces.toSorted((a, b) => b.end - b.start - (a.end - a.start))) {
    const share = shares.reduce((least, each) => (each.bytes < least.bytes ? each : least))
    share.bytes += piece.end - piece.start
    share.pieces.push(piece)
  }
  return shares.map((share) => share.pieces)
}
