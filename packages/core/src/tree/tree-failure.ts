import { LustrebackupError } from '../errors/errors.js'
import { percentEncode } from '../types/path-bytes.js'
import { type Paths, pathAt } from './paths.js'
import type { Outcome } from './tree-port.js'

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on the target file system, then run the same command again: it continues where it stopped.',
  EDQUOT: 'Raise the quota on the target file system, then run the same command again: it continues where it stopped.',
  EROFS: 'The target file system is mounted read-only, or an error made it so: look at the kernel log.',
  EACCES: 'Run as root.',
  EPERM: 'Run as root; an immutable or append-only flag (lsattr) on the entry has the same effect.',
  EXDEV: 'data_path and meta_basepath must lie on one file system, without quota projects that keep files from being moved between them.',
}

const DEFAULT_HINT = 'Remove the cause, then run the same command again: it continues where it stopped.'

/** What one failed call on the target tree means for the person who reads of it. */
export function treeFailure(operation: string, folder: string, path: Buffer, code: string, cause?: unknown): LustrebackupError {
  const at = path.length === 0 ? folder : `${folder}/${percentEncode(path)}`
  return new LustrebackupError('TREE_FAILED', `${operation} on the target, ${at}: ${code}`, { hint: HINTS[code] ?? DEFAULT_HINT, cause })
}

/** Ends the run unless every call succeeded or had one of the outcomes that the caller deals with. */
export function expectOutcomes(
  operation: string,
  tree: { readonly path: string },
  paths: Paths,
  outcomes: readonly Outcome[],
  expected: readonly string[] = [],
): void {
  outcomes.forEach((outcome, index) => {
    if (outcome !== null && !expected.includes(outcome)) throw treeFailure(operation, tree.path, pathAt(paths, index), outcome)
  })
}
