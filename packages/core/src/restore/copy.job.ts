import { constants, fsyncSync } from 'node:fs'
import { setAttributes } from '../attributes/set-attributes.js'
import { reasonOf } from '../errors/errors.js'
import { addon, readFully, writeSparse } from '../filediff/block-file.js'
import { readXattrs } from '../filediff/xattrs.js'
import { throwIfStopped } from '../workers/stop-flag.js'
import { attributesDiffer } from './attributes-differ.js'
import { CHUNK_BYTES, dataPieces, sameContent } from './compare-content.js'
import type { CopyInput, CopyOutput, CopySettings } from './copy-types.js'

/** Copies and compares files, one at a time. */
export function createCopyJob(settings: CopySettings): (input: CopyInput) => CopyOutput {
  const memory = Buffer.allocUnsafe(CHUNK_BYTES)
  return (received) => {
    // Buffers arrive as plain arrays of bytes.
    const buffers = { path: Buffer.from(received.path), name: Buffer.from(received.name) }
    try {
      return received.kind === 'copy' ? copy({ ...received, ...buffers }, memory, settings) : compare({ ...received, ...buffers }, settings)
    } catch (error) {
      throwIfStopped(settings.stop)
      const full = ['ENOSPC', 'EDQUOT'].includes(codeOf(error))
      return { kind: 'failed', reason: reasonOf(error), full }
    }
  }
}

type WithBuffers<Input> = Omit<Input, 'path' | 'name'> & { readonly path: Buffer; readonly name: Buffer }
type CopyOne = WithBuffers<Extract<CopyInput, { kind: 'copy' }>>
type CompareOne = WithBuffers<Extract<CopyInput, { kind: 'compare' }>>

function copy(
  { root, path, size, folder, name, attributes, sync }: CopyOne,
  memory: Buffer,
  { stop, copiedBytes }: CopySettings,
): CopyOutput {
  const api = addon()
  return withFile(api.openFile(root, path, constants.O_RDONLY), (from) =>
    withFile(api.openFile(folder, name, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600), (to) => {
      for (const { start, end } of dataPieces([from], size)) {
        throwIfStopped(stop)
        const piece = memory.subarray(0, Number(end - start))
        readFully(from, piece, start)
        writeSparse(to, piece, start, true)
        Atomics.add(copiedBytes, 0, end - start)
      }
      api.truncateTo(to, size)
      const xattrs = readXattrs(api, root, path)
      setAttributes(api, folder, name, attributes, xattrs)
      if (sync) fsyncSync(to)
      const problem = sameContent(from, to, size, () => throwIfStopped(stop))
        ? attributesDiffer(api, { root, path }, { root: folder, path: name })
        : 'content'
      return problem === null
        ? { kind: 'copied' }
        : { kind: 'failed', reason: `what was written is not what was read: ${problem}`, full: false }
    }),
  )
}

function compare({ root, path, size, folder, name }: CompareOne, { stop }: CopySettings): CopyOutput {
  const api = addon()
  if (attributesDiffer(api, { root, path }, { root: folder, path: name }) !== null) return { kind: 'different' }
  return withFile(api.openFile(root, path, constants.O_RDONLY), (from) =>
    withFile(api.openFile(folder, name, constants.O_RDONLY), (there) =>
      sameContent(from, there, size, () => throwIfStopped(stop)) ? { kind: 'same' } : { kind: 'different' },
    ),
  )
}

/** A thread of Node warns of a descriptor that it closes and has not opened itself: the addon closes what it has opened. */
function withFile<T>(fd: number, use: (fd: number) => T): T {
  try {
    return use(fd)
  } finally {
    addon().closeRoot(fd)
  }
}

/** The name of a system error, also of one that another error was made of. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = (at as { code?: unknown }).code
    if (typeof code === 'string' && code.startsWith('E')) return code
  }
  return ''
}
