import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { App } from '../cli/open-app.js'
import { EXIT, LustrebackupError, reasonOf } from '../errors/errors.js'
import { addon } from './block-file.js'
import { copyFile } from './copy-file-run.js'
import { LaneThreads } from './lane-threads.js'
import { openLustreFacts } from './lustre-facts.js'
import { openBlockPool } from './native-block-pool.js'
import { hugeChannelCount } from './range-plan.js'
import { createSourceChannels } from './source-channels.js'
import type { TransferResult } from './transfer-run.js'
import { openWayMemory } from './way-memory.js'

export interface TargetFilediffOptions {
  readonly local: Buffer
  readonly remote: Buffer
  readonly blockSize: number | null
  readonly offset: bigint | null
  readonly end: bigint | null
  /** Files of kept block digests to start from and to leave behind; null = none. */
  readonly previous: string | null
  readonly save: string | null
  /** Further options of ssh. */
  readonly sshOptions: readonly string[]
  readonly attributes: boolean
  readonly headerSize: number
  readonly disableLog: boolean
  onProgress(bytes: bigint, size: bigint): void
}

/** One file by hand. */
export async function runTargetFilediff(options: TargetFilediffOptions, app: App): Promise<TransferResult> {
  const { config, signal } = app
  const api = addon()
  const facts = openLustreFacts(api, config.lustre.liblustreapi)
  const local = resolve(options.local.toString('latin1'))
  const root = openFolder(dirname(local))
  const pool = openBlockPool(config.backup.checksumChoice, config.system.nprocs)
  const threads = new LaneThreads()
  const place = { layout: app.layout, host: config.source.host, sshConfig: config.system.sshConfig }
  const channels = createSourceChannels(
    { config, exec: app.exec, signal, connect: () => app.remote(config.source.host), control: null, memory: openWayMemory(place) },
    options.sshOptions,
  )
  const kept = openKeptFile(options)
  try {
    const file = {
      api,
      root,
      path: Buffer.from(basename(local), 'latin1'),
      sourcePath: options.remote,
      bounds: options.offset === null && options.end === null ? null : { start: options.offset ?? 0n, end: options.end },
      size: null,
      attributes: options.attributes,
      kept: kept.path,
      onProgress: options.onProgress,
    }
    return await copyFile(file, {
      facts,
      pool,
      threads,
      checksum: config.backup.checksumChoice,
      plan: {
        blockSize: options.blockSize,
        hugefileSizeBytes: config.lustre.hugefileSizeBytes,
        hugeChannelCount: hugeChannelCount(config.system.nprocs),
      },
      headerSize: options.headerSize,
      conf: config.source.conf,
      disableLog: options.disableLog,
      signal,
      channels,
    })
  } finally {
    kept.close()
    await Promise.all([pool.close(), threads.close()])
    api.closeRoot(root)
  }
}

function openFolder(folder: string): number {
  try {
    return addon().openRoot(Buffer.from(folder, 'latin1'))
  } catch (error) {
    throw new LustrebackupError('FILEDIFF_TARGET_OPEN', `opening the folder ${folder}: ${reasonOf(error)}`, {
      exitCode: EXIT.usage,
      cause: error,
    })
  }
}

/** The digests are kept in the file to save; what is known from before comes along. Without one to save, they go as soon as they have served. */
function openKeptFile({ previous, save }: TargetFilediffOptions): { readonly path: string | null; close(): void } {
  if (previous === null || previous === save) return { path: save, close: () => undefined }
  const folder = save === null ? mkdtempSync(join(tmpdir(), 'lustrebackup-filediff-')) : null
  const path = save ?? join(folder!, 'digests')
  if (existsSync(previous)) copyFileSync(previous, path)
  return { path, close: () => (folder === null ? undefined : rmSync(folder, { recursive: true })) }
}
