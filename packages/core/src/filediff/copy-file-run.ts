import { closeSync } from 'node:fs'
import type { BlockPool } from './block-job-types.js'
import type { Checksum } from './filediff-types.js'
import { KeptDigests } from './kept-digests.js'
import type { LaneThreads } from './lane-threads.js'
import type { LustreFacts } from './lustre-facts.js'
import type { PlanOptions } from './range-plan.js'
import type { SourceChannels } from './source-channels-port.js'
import { planSourceWords } from './source-words.js'
import { openTargetFile, setTargetAttributes, type TargetPlace } from './target-file.js'
import { type TransferResult, transferFile } from './transfer-run.js'

/** What is the same for all files of a run. */
export interface CopyContext {
  readonly facts: LustreFacts
  readonly pool: BlockPool
  readonly threads: LaneThreads
  readonly checksum: Checksum
  readonly plan: PlanOptions
  readonly headerSize: number
  /** Configuration file on the source. */
  readonly conf: string
  readonly disableLog: boolean
  readonly signal: AbortSignal
  readonly channels: SourceChannels
}

export interface CopyFile extends TargetPlace {
  /** Absolute path on the source, beneath its `snapshot_home`. */
  readonly sourcePath: Buffer
  readonly bounds: { readonly start: bigint; readonly end: bigint | null } | null
  /** The size that the source file must have; null = any. */
  readonly size: bigint | null
  readonly attributes: boolean
  /** File of the kept block digests; null = none are kept. */
  readonly kept: string | null
  onProgress(bytes: bigint, size: bigint): void
}

/** Copies one file, or what changed of it, from the source. */
export async function copyFile(file: CopyFile, context: CopyContext): Promise<TransferResult> {
  const { checksum, headerSize, conf, disableLog, facts } = context
  const { bounds, size, attributes, sourcePath, kept } = file
  const { blockSize } = context.plan
  const request = { conf, path: sourcePath, blockSize, offset: bounds?.start ?? null, end: bounds?.end ?? null, filesize: size, attributes }
  const words = planSourceWords({ ...request, headerSize, disableLog })
  const fd = openTargetFile(file)
  try {
    return await transferFile({
      fd,
      source: sourcePath.toString('latin1'),
      channels: context.channels,
      words,
      checksum,
      plan: context.plan,
      headerSize,
      bounds,
      expectedSize: size,
      withAttributes: attributes,
      openKept: kept === null ? null : (blockBytes) => KeptDigests.open(kept, { blockSize: blockBytes, checksum }),
      dataVersion: () => facts.dataVersion(file.root, file.path),
      setAttributes: (source, xattrs) => {
        if (attributes) setTargetAttributes(file, source, xattrs)
      },
      pool: context.pool,
      threads: context.threads,
      signal: context.signal,
      onProgress: file.onProgress,
    })
  } finally {
    closeSync(fd)
  }
}
