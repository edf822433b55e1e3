import { addon } from '../filediff/block-file.js'
import type { BlockPool } from '../filediff/block-job-types.js'
import { type Checksum, HEADER_SIZE_DEFAULT } from '../filediff/filediff-types.js'
import { keptFolderOf, pruneKept } from '../filediff/kept-folder.js'
import { LaneThreads } from '../filediff/lane-threads.js'
import { openLustreFacts } from '../filediff/lustre-facts.js'
import { openBlockPool } from '../filediff/native-block-pool.js'
import { hugeChannelCount } from '../filediff/range-plan.js'
import { LargeDone } from '../transfer/large-done.js'
import { type LargeFilesResult, runLargeFiles } from '../transfer/large-files-run.js'
import type { EntryParts } from '../transfer/transfer-source.js'
import type { BackupSession } from './backup-session.js'

/** Files that are copied at the same time: each already reads, hashes and writes in several threads. */
const LANES_MAX = 4

/** The large files of a map, block by block: what of them the target has already does not cross the network. */
export async function copyLargeFiles(sources: readonly EntryParts[], session: BackupSession): Promise<LargeFilesResult> {
  const { ports, data, map, work, settings } = session
  const { config, layout, log, signal } = ports
  const { nprocs } = config.system
  const keptFolder = keptFolderOf(layout)
  const done = LargeDone.open(work.largeDone)
  // Threads start with the first job: a map without large files costs none.
  const pool = lazyPool(config.backup.checksumChoice, nprocs)
  const threads = new LaneThreads()
  try {
    const result = await runLargeFiles(sources, {
      data,
      log,
      signal,
      done,
      keptFolder,
      remount: session.remount,
      largefileSizeBytes: map.header.settings.largefileSizeBytes,
      remoteFolder: settings.remoteFolder,
      laneCount: Math.min(nprocs, LANES_MAX),
      copy: {
        facts: openLustreFacts(addon(), config.lustre.liblustreapi),
        pool,
        threads,
        checksum: config.backup.checksumChoice,
        plan: {
          blockSize: null,
          hugefileSizeBytes: map.header.settings.hugefileSizeBytes,
          hugeChannelCount: hugeChannelCount(nprocs),
        },
        headerSize: HEADER_SIZE_DEFAULT,
        conf: config.source.conf,
        disableLog: false,
        signal,
        channels: ports.filediffChannels,
      },
      progress: (doneBytes, totalBytes, doneFiles, totalFiles) => {
        ports.progress({ phase: 'large files', doneBytes, totalBytes, doneFiles, totalFiles })
      },
    })
    await pruneKept(keptFolder, { folder: map.folder, parts: map.header.parts })
    return result
  } finally {
    await Promise.all([pool.close(), threads.close()])
    done.close()
  }
}

function lazyPool(checksum: Checksum, size: number): BlockPool {
  let started: BlockPool | null = null
  const pool = (): BlockPool => {
    started ??= openBlockPool(checksum, size)
    return started
  }
  return {
    size,
    capacity: size,
    run: (input, transfer) => pool().run(input, transfer),
    runOn: (workerIndex, input, transfer) => pool().runOn(workerIndex, input, transfer),
    close: async () => started?.close(),
  }
}
