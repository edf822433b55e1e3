// Reads and hashes parts of files and does nothing else: the least that a verification can cost.
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { addon } from '../../packages/core/dist/filediff/block-file.js'

const BLOCK = 4 * 2 ** 20
const buffer = Buffer.allocUnsafeSlow(BLOCK)
const { xxh128Blocks } = addon()

parentPort.once('message', () => {
  for (const { path, start, end } of workerData) {
    const fd = openSync(path, 'r')
    for (let at = start; at < end; at += BLOCK) {
      const bytes = buffer.subarray(0, Math.min(BLOCK, end - at))
      readSync(fd, bytes, 0, bytes.length, at)
      xxh128Blocks(bytes, BLOCK)
    }
    closeSync(fd)
  }
})
parentPort.postMessage('ready')
