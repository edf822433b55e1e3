import { fstatSync } from 'node:fs'
import { type BlockGrid, blockAt, blockFrom, smaller } from './block-grid.js'
import type { RangeEnd } from './codec.js'
import type { SourceIdentity } from './filediff-types.js'
import type { KeptBegin } from './kept-codec.js'
import type { KeptDigests } from './kept-digests.js'
import type { KeptBlocks } from './kept-index.js'
import type { LaneBlocks } from './lane-types.js'

export interface KeptUseRequest {
  readonly kept: KeptDigests
  /** The target file. */
  readonly fd: number
  readonly grid: BlockGrid
  readonly sourcePath: string
  readonly source: SourceIdentity
  /** Data version of the target file; null where there is none. */
  readonly dataVersion: () => Promise<bigint | null>
}

/** What one transfer makes of the kept digests of its target file. */
export interface KeptUse {
  /** null = nothing is known of the file. */
  readonly lookup: ((first: bigint, end: bigint) => KeptBlocks) | null
  /** Ranges that an interrupted transfer of the same source file has done. */
  readonly doneRanges: readonly RangeEnd[]
  record(blocks: LaneBlocks): void
  rangeDone(range: RangeEnd): void
  /** Makes the digests valid for what the file is now; its data must be on disk. */
  seal(finished: boolean): Promise<void>
}

/** Learns what the digests are worth, and marks the file as about to change: on disk when this returns. */
export async function beginKeptUse(request: KeptUseRequest): Promise<KeptUse> {
  const { kept, fd } = request
  const stat = fstatSync(fd, { bigint: true })
  const isKnown = await isSealed(request, stat)
  const begin = beginOf(request, stat.size)
  const doneRanges = isKnown && stat.size === begin.size ? interruptedRanges(kept, begin) : null
  if (!isKnown) kept.clear()
  kept.begin(begin, doneRanges !== null)
  return {
    lookup: isKnown ? (first, end) => kept.lookup(first, end) : null,
    doneRanges: [...(doneRanges ?? [])],
    record: (blocks) => record(kept, blocks),
    rangeDone: (range) => kept.recordRange(range),
    seal: async (finished) => {
      const dataVersion = await request.dataVersion()
      const { size, mtimeNs, ctimeNs, ino, dev } = fstatSync(fd, { bigint: true })
      kept.sealAs({ size, mtimeNs, ctimeNs, ino, dev, dataVersion, finished })
    },
  }
}

interface TargetStat {
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly ino: bigint
}

/** Whether the file is provably the one that the digests describe. */
async function isSealed({ kept: { seal }, dataVersion }: KeptUseRequest, stat: TargetStat): Promise<boolean> {
  if (seal === null) return false
  if (seal.size !== stat.size || seal.mtimeNs !== stat.mtimeNs || seal.ctimeNs !== stat.ctimeNs || seal.ino !== stat.ino) return false
  return seal.dataVersion === (await dataVersion())
}

function beginOf({ source, sourcePath, grid }: KeptUseRequest, targetSize: bigint): KeptBegin {
  const { size, mtimeNs, ctimeNs, ino } = source
  // With another size the last block of the shorter file has another length.
  const validBlocks = targetSize === size ? blockFrom(grid, size) : blockAt(grid, smaller(targetSize, size))
  return { source: sourcePath, size, mtimeNs, ctimeNs, ino, validBlocks }
}

/** The ranges that are done of a transfer of the same source file that did not finish; null = there was none. */
function interruptedRanges({ seal, lastTransfer }: KeptDigests, begin: KeptBegin): readonly RangeEnd[] | null {
  if (seal === null || seal.finished || lastTransfer === null) return null
  const keys = ['source', 'size', 'mtimeNs', 'ctimeNs', 'ino'] as const
  return keys.every((key) => lastTransfer.begin[key] === begin[key]) ? lastTransfer.ranges : null
}

function record(kept: KeptDigests, blocks: LaneBlocks): void {
  if (blocks.kind === 'data')
    kept.recordDigests(blocks.first, Buffer.from(blocks.digests.buffer, blocks.digests.byteOffset, blocks.digests.length))
  else if (blocks.kind === 'zero') kept.recordVoid(blocks.first, blocks.end - blocks.first)
  else if (blocks.piece.known) return
  else if (blocks.piece.kind === 'void') kept.recordVoid(blocks.piece.first, blocks.piece.end - blocks.piece.first)
  else kept.recordDigests(blocks.piece.first, blocks.piece.digests)
}
