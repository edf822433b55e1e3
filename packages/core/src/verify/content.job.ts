import { constants, fstatSync } from 'node:fs'
import { errnoName } from '@lustrebackup/lustreapi/errno'
import { unpackPaths } from '@lustrebackup/lustreapi/path-list'
import { reasonOf } from '../errors/errors.js'
import { addon } from '../filediff/block-file.js'
import type { ByteRange, Checksum } from '../filediff/filediff-types.js'
import { openHasher } from '../filediff/hashes.js'
import { type StopFlag, throwIfStopped } from '../workers/stop-flag.js'
import type { Job } from '../workers/worker-types.js'
import { ContentHasher } from './content-digest.js'
import type { PartColumns } from './content-parts.js'

export interface ContentJobSettings {
  /** Absolute path of the tree. */
  readonly root: string
  readonly checksum: Checksum
  readonly stop: StopFlag
}

export type ContentInput =
  /** Segments: of each the path and the size of its file, and where it begins and ends. */
  | ({ readonly kind: 'parts' } & PartColumns)
  /** Puts the digests of segments together. */
  | { readonly kind: 'combine'; readonly digests: readonly Uint8Array[] }
  /** Lets go of the tree. Safe to repeat. */
  | { readonly kind: 'close' }

/** What became of one file, or of one segment. */
export type Digested =
  | { readonly kind: 'digest'; readonly digest: Uint8Array }
  /** The file has another size than was said. */
  | { readonly kind: 'other-size'; readonly size: bigint }
  /** `code` such as `ENOENT`; null = none of the system. */
  | { readonly kind: 'failed'; readonly code: string | null; readonly reason: string }

/** Reads and hashes files beneath a folder, without following a symlink. The parts of one message are worked on one after the other. */
export function createContentJob({ root, checksum, stop }: ContentJobSettings): Job<ContentInput, Digested[]> {
  const opened: { folder: number | null; hasher: Promise<ContentHasher> | null } = { folder: null, hasher: null }
  return async (input) => {
    if (input.kind === 'close') {
      if (opened.folder !== null) addon().closeRoot(opened.folder)
      opened.folder = null
      return []
    }
    opened.hasher ??= openHasher(checksum).then((hasher) => new ContentHasher(hasher))
    const hasher = await opened.hasher
    if (input.kind === 'combine') return [{ kind: 'digest', digest: hasher.combine(input.digests) }]
    opened.folder ??= addon().openRoot(root)
    const { folder } = opened
    return unpackPaths(input.paths).map((path, row) => {
      throwIfStopped(stop)
      const range = { start: input.starts[row]!, end: input.ends[row]! }
      return digestOf(folder, path, { size: input.sizes[row]!, range }, hasher)
    })
  }
}

function digestOf(folder: number, path: Buffer, { size, range }: { size: bigint; range: ByteRange }, hasher: ContentHasher): Digested {
  try {
    const fd = addon().openFile(folder, path, constants.O_RDONLY | constants.O_NOATIME)
    try {
      const now = fstatSync(fd, { bigint: true }).size
      return now === size ? { kind: 'digest', digest: hasher.segment(fd, range) } : { kind: 'other-size', size: now }
    } finally {
      // In a thread, Node wonders about the end of a descriptor that it has not opened itself.
      addon().closeRoot(fd)
    }
  } catch (error) {
    return { kind: 'failed', code: codeOf(error), reason: reasonOf(error) }
  }
}

function codeOf(error: unknown): string | null {
  const { code, errno, cause } = error as { code?: unknown; errno?: unknown; cause?: unknown }
  if (cause !== undefined) return codeOf(cause)
  if (typeof errno === 'number') return errnoName(Math.abs(errno))
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : null
}
