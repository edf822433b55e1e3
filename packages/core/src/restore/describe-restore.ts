import { formatBytes, formatCount, formatTimestamp } from '../cli/format-units.js'
import { type JsonPath, jsonFromPath } from '../types/path-bytes.js'
import { plainPath } from '../types/plain-path.js'
import type { BackupView } from './backup-view.js'
import type { Listing } from './list-run.js'
import type { RestoreResult } from './restore-ports.js'
import type { FoundEntry, RestoreFailure, RestoreStep } from './restore-types.js'
import type { Version } from './versions-run.js'

/** Failures that are shown; the log has them all. */
const FAILURES_SHOWN = 20

/** The backup in a line. */
export function describeBackup({ name, timestamp }: Pick<BackupView, 'name' | 'timestamp'>): string {
  return timestamp === null ? name : `${name}, ${formatTimestamp(timestamp)} UTC`
}

export function describeListing(listing: Listing): string[] {
  return listing.entries.map(({ name, entry }) => `${describeEntry(entry)}  ${plainPath(name)}${linkTarget(entry)}`)
}

export function describeStep({ path, entry, action }: RestoreStep): string {
  const reason = 'reason' in action ? `: ${action.reason}` : ''
  const size = entry.stat.type === 'f' ? ` (${formatBytes(entry.stat.size)})` : ''
  return `${action.kind.padEnd(8)} ${plainPath(path)}${entry.stat.type === 'd' ? '/' : ''}${size}${reason}`
}

/** A mark stands before every version that differs from the next older one. */
export function describeVersions(versions: readonly Version[]): string[] {
  return versions.map((version, index) => {
    const older = versions
      .slice(index + 1)
      .find((one) => one.timestamp !== version.timestamp && (one.fid === version.fid || one.path.equals(version.path)))
    const mark = older !== undefined && isSame(version, older) ? ' ' : '*'
    const when = version.timestamp === null ? '' : `${version.timestamp}  ${formatTimestamp(version.timestamp)}  `
    return `${mark} ${when}${describeEntry(version.entry)}  ${plainPath(version.path)}${linkTarget(version.entry)}`
  })
}

export function describeResult({ counts, failures }: RestoreResult, dryRun: boolean): string[] {
  const { created, replaced, same, kept, files, bytes } = counts
  const entries = (count: number) => `${formatCount(count)} ${count === 1 ? 'entry' : 'entries'}`
  return [
    `${dryRun ? 'would restore' : 'restored'} ${entries(created + replaced)}: ${formatCount(created)} new, ${formatCount(replaced)} in place of others; ${formatCount(files, 'file')} with ${formatBytes(bytes)}`,
    ...(same > 0 ? [`${entries(same)} ${same === 1 ? 'was' : 'were'} there already`] : []),
    ...(kept > 0 ? [`${entries(kept)} kept as they are there; see --overwrite`] : []),
    ...describeFailures(failures),
  ]
}

function describeFailures(failures: readonly RestoreFailure[]): string[] {
  if (failures.length === 0) return []
  const shown = failures.slice(0, FAILURES_SHOWN).map(({ path, reason }) => `  ${plainPath(path) || '.'}: ${reason}`)
  const more = failures.length > FAILURES_SHOWN ? [`  and ${formatCount(failures.length - FAILURES_SHOWN)} more; see the log`] : []
  return ['NOT restored:', ...shown, ...more]
}

function entryDocument({ stat, linkTarget: target }: FoundEntry): object {
  const { type, mode, uid, gid, size, mtimeNs, nlink } = stat
  return { type, mode: mode.toString(8).padStart(4, '0'), uid, gid, size, mtimeNs, nlink, linkTarget: target && jsonFromPath(target) }
}

export function stepDocument({ path, entry, action }: RestoreStep): object {
  return {
    path: jsonFromPath(path),
    action: action.kind,
    reason: 'reason' in action ? action.reason : null,
    type: entry.stat.type,
    size: entry.stat.size,
  }
}

export function failuresDocument(failures: readonly RestoreFailure[]): { readonly path: JsonPath; readonly reason: string }[] {
  return failures.map(({ path, reason }) => ({ path: jsonFromPath(path), reason }))
}

export function listingDocument({ entries, failures }: Listing): object {
  return {
    entries: entries.map(({ path, entry }) => ({ path: jsonFromPath(path), ...entryDocument(entry) })),
    failures: failuresDocument(failures),
  }
}

export function versionDocument({ backup, timestamp, path, entry, fid }: Version): object {
  return { backup, timestamp, path: jsonFromPath(path), fid, ...entryDocument(entry) }
}

function describeEntry({ stat }: FoundEntry): string {
  const { type, mode, uid, gid, size, mtimeNs } = stat
  const columns = [
    type === 'f' ? '-' : type,
    mode.toString(8).padStart(4, '0'),
    `${uid}:${gid}`.padStart(11),
    formatBytes(size).padStart(8),
  ]
  return `${columns.join(' ')}  ${formatTimestamp(Number(mtimeNs / 1_000_000_000n))}`
}

function linkTarget({ linkTarget: target }: FoundEntry): string {
  return target === null ? '' : ` -> ${plainPath(target)}`
}

function isSame(a: Version, b: Version): boolean {
  const [left, right] = [a.entry.stat, b.entry.stat]
  return left.type === right.type && left.size === right.size && left.mtimeNs === right.mtimeNs && a.path.equals(b.path)
}
