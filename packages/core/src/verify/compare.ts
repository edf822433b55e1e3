import { aclText, sameAcl } from '../attributes/posix-acl.js'
import type { EntryType } from '../backupmap/backupmap-types.js'
import type { EntryStat } from '../tree/tree-port.js'
import { type PathBytes, percentEncode } from '../types/path-bytes.js'
import type { DifferenceAspect, VerifyDifference } from './difference-types.js'
import type { Extras, VerifyEntry } from './verification-types.js'

/** What the target has of an object beside its names; a text says why it could not be read. */
export interface SeenObject {
  readonly stat: EntryStat
  readonly acl: Buffer | null
  readonly defaultAcl: Buffer | null
  readonly extras: Extras | string
}

const TYPE_WORDS: Readonly<Record<EntryType, string>> = {
  f: 'file',
  d: 'directory',
  l: 'symlink',
  p: 'fifo',
  s: 'socket',
  c: 'character device',
  b: 'block device',
}

/** Every name of an object. */
export function namesOf(entry: VerifyEntry): PathBytes[] {
  return [entry.path, ...entry.links]
}

/** The name at which the object's attributes are looked at: the first one that has the right type; -1 = none has. */
export function anchorOf(entry: VerifyEntry, stats: readonly (EntryStat | null)[]): number {
  return stats.findIndex((stat) => stat?.type === entry.type)
}

/** Differences in existence, type and hard links; `stats` are those of `namesOf`. */
export function compareNames(entry: VerifyEntry, stats: readonly (EntryStat | null)[]): VerifyDifference[] {
  const names = namesOf(entry)
  const anchor = anchorOf(entry, stats)
  const differences = names.flatMap((path, row): VerifyDifference[] => {
    const stat = stats[row] ?? null
    const expected = TYPE_WORDS[entry.type]
    if (stat === null) return [{ path, aspect: 'missing', expected, found: 'nothing' }]
    if (stat.type !== entry.type) return [{ path, aspect: 'type', expected, found: TYPE_WORDS[stat.type] }]
    if (entry.type === 'd' || sameInode(stat, stats[anchor]!)) return []
    return [{ path, aspect: 'hardlinks', expected: `the same file as ${percentEncode(names[anchor]!)}`, found: 'another file' }]
  })
  const nlink = stats[anchor]?.nlink ?? names.length
  if (differences.length > 0 || entry.type === 'd' || !entry.complete || nlink === names.length) return differences
  return [{ path: names[anchor]!, aspect: 'hardlinks', expected: nameCount(names.length), found: nameCount(nlink) }]
}

/** Differences in everything that is kept with the object itself, but for the content of a file. */
export function compareObject(entry: VerifyEntry, path: PathBytes, seen: SeenObject): VerifyDifference[] {
  const differences: VerifyDifference[] = []
  const expect = (aspect: DifferenceAspect, expected: string, found: string) => {
    if (expected !== found) differences.push({ path, aspect, expected, found })
  }
  const { stat, extras } = seen
  if (entry.type === 'f') expect('size', `${entry.size}`, `${stat.size}`)
  if (entry.type !== 'l') expect('mode', octal(entry.mode), octal(stat.mode))
  expect('owner', `${entry.uid}`, `${stat.uid}`)
  expect('group', `${entry.gid}`, `${stat.gid}`)
  expect('mtime', timeText(entry.mtimeNs), timeText(stat.mtimeNs))
  expect('device', entry.rdev?.join(',') ?? 'none', stat.rdev?.join(',') ?? 'none')
  if (entry.type !== 'l' && !sameAcl(entry.acl, seen.acl, 'access')) expect('acl', aclText(entry.acl), aclText(seen.acl))
  if (entry.type === 'd' && !sameAcl(entry.defaultAcl, seen.defaultAcl, 'default')) {
    expect('default-acl', aclText(entry.defaultAcl), aclText(seen.defaultAcl))
  }
  if (typeof extras === 'string') expect('unreadable', 'readable', extras)
  else {
    if (entry.type === 'l') expect('symlink', bytesText(entry.target), bytesText(extras.target))
    for (const name of new Set([...Object.keys(entry.xattrs), ...Object.keys(extras.xattrs)])) {
      expect('xattr', xattrText(name, entry.xattrs), xattrText(name, extras.xattrs))
    }
  }
  return differences
}

function sameInode(a: EntryStat, b: EntryStat): boolean {
  return a.ino === b.ino && a.dev === b.dev
}

function nameCount(count: number): string {
  return count === 1 ? '1 name' : `${count} names`
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

function bytesText(bytes: Buffer | null): string {
  return bytes === null ? 'none' : percentEncode(bytes)
}

function xattrText(name: string, xattrs: Readonly<Record<string, string>>): string {
  return Object.hasOwn(xattrs, name) ? `${name}=${xattrs[name]}` : `no ${name}`
}

const NS_PER_SECOND = 1_000_000_000n

/** `2026-11-23 04:05:06.123456789` in UTC; the number where no calendar reaches. */
function timeText(ns: bigint): string {
  const fraction = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND
  const date = new Date(Number((ns - fraction) / 1_000_000n))
  if (Number.isNaN(date.getTime())) return `${ns} ns`
  return `${date.toISOString().slice(0, -5).replace('T', ' ')}.${fraction.toString().padStart(9, '0')}`
}
