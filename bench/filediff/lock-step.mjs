// The same protocol, one block at a time: the next one is asked about when the answer to the last one has come. For comparison only.
import { closeSync, openSync } from 'node:fs'
import { addon } from '../../packages/core/dist/filediff/block-file.js'
import { copyFile } from '../../packages/core/dist/filediff/copy-file-run.js'
import { LaneThreads } from '../../packages/core/dist/filediff/lane-threads.js'
import { openBlockPool } from '../../packages/core/dist/filediff/native-block-pool.js'
import { plainChannels } from '../../packages/core/dist/filediff/source-channels-port.js'
import { openSystemSsh } from '../../packages/core/dist/filediff/system-ssh-channel.js'

const [folder, name, sourcePath, sshConfig, conf, end] = process.argv.slice(2)
const root = addon().openRoot(folder)
const pool = openBlockPool('xxh128', 1)
const threads = new LaneThreads()
const ssh = { host: 'source', sshConfig, options: [], commandPath: process.env.PATH }
const file = { api: addon(), root, path: Buffer.from(name), sourcePath: Buffer.from(sourcePath), size: null, attributes: false, kept: null }
const blockSize = 256 * 1024
closeSync(openSync(`${folder}/${name}`, 'a'))
await copyFile(
  { ...file, bounds: { start: 0n, end: BigInt(end) }, onProgress: () => undefined },
  {
    facts: { dataVersion: async () => null, isReleased: async () => false },
    pool,
    threads,
    checksum: 'xxh128',
    plan: { blockSize, hugefileSizeBytes: 2n ** 60n, hugeChannelCount: 1, windowBytes: blockSize, pendingLimit: 1 },
    headerSize: 65536,
    conf,
    disableLog: true,
    signal: new AbortController().signal,
    channels: plainChannels((words) => openSystemSsh(ssh, words)),
  },
)
await Promise.all([pool.close(), threads.close()])
