import { EXIT, LustrebackupError } from '@lustrebackup/core/errors/errors'
import type { Overwrite } from '@lustrebackup/core/restore/restore-types'
import type { SnapshotSelector } from '@lustrebackup/core/snapshot/find-snapshot'
import type { PathBytes } from '@lustrebackup/core/types/path-bytes'
import { parsePlainPath } from '@lustrebackup/core/types/plain-path'

export interface RestoreOptions {
  readonly timestamp?: number
  readonly name?: string
  readonly list?: string | true
  readonly versions?: string
  readonly to?: string
  readonly overwrite: Overwrite
  readonly dryRun: boolean
}

/** What a person asks of the command: one of three things. */
export type RestoreRequest =
  | { readonly kind: 'list'; readonly selector: SnapshotSelector; readonly path: PathBytes }
  | { readonly kind: 'versions'; readonly path: PathBytes }
  | {
      readonly kind: 'restore'
      readonly selector: SnapshotSelector
      readonly paths: readonly PathBytes[]
      readonly to: string
      readonly overwrite: Overwrite
      readonly dryRun: boolean
    }

/** Reads the options together; throws what is wrong with them. */
export function requestOf(options: RestoreOptions, words: readonly string[]): RestoreRequest {
  const { list, versions, to } = options
  const asked = [list, versions, to].filter((one) => one !== undefined).length
  if (asked !== 1) throw wrongUsage('say one of --list, --versions PATH, or PATH… --to DIR')
  if (to === undefined && options.dryRun) throw wrongUsage('--dry-run belongs to --to')
  if (versions !== undefined) {
    if (words.length > 0 || options.timestamp !== undefined || options.name !== undefined) {
      throw wrongUsage('--versions takes one path, and looks at every backup')
    }
    return { kind: 'versions', path: pathOf(versions) }
  }
  const selector = selectorOf(options)
  if (list === undefined) return restoreRequest(options, words, selector)
  const listed = list === true ? words : [list, ...words]
  if (listed.length > 1) throw wrongUsage('--list takes one path')
  return { kind: 'list', selector, path: pathOf(listed[0] ?? '') }
}

function restoreRequest({ to, overwrite, dryRun }: RestoreOptions, words: readonly string[], selector: SnapshotSelector): RestoreRequest {
  if (words.length === 0) throw wrongUsage('name what to restore: PATH… --to DIR (. is everything)')
  if (to === '') throw wrongUsage('--to needs a folder')
  return { kind: 'restore', selector, paths: words.map(pathOf), to: to!, overwrite, dryRun }
}

function selectorOf({ name, timestamp }: RestoreOptions): SnapshotSelector {
  if (name !== undefined && timestamp !== undefined) throw wrongUsage('--name and --timestamp cannot be used together')
  if (name !== undefined) return { kind: 'name', name }
  return timestamp === undefined ? { kind: 'newest' } : { kind: 'timestamp', timestamp }
}

function pathOf(text: string): PathBytes {
  const path = parsePlainPath(text)
  if (path !== null) return path
  throw wrongUsage(`${JSON.stringify(text)} cannot be a path in a backup: it holds "..", a NUL, or more than Linux takes`)
}

function wrongUsage(message: string): LustrebackupError {
  return new LustrebackupError('USAGE', message, { exitCode: EXIT.usage, hint: 'see --help' })
}
