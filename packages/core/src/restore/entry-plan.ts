import type { EntryType } from '../backupmap/backupmap-types.js'
import type { FoundEntry, Overwrite, RestoreAction } from './restore-types.js'

const TYPE_WORDS: Readonly<Record<EntryType, string>> = {
  f: 'a file',
  d: 'a folder',
  l: 'a symlink',
  p: 'a fifo',
  s: 'a socket',
  c: 'a character device',
  b: 'a block device',
}

/** Decides about one entry of the backup, from what is at its place. Nothing is ever decided by what a symlink points to. */
export function planEntry(wanted: FoundEntry, there: FoundEntry | null, overwrite: Overwrite): RestoreAction {
  if (there === null) return { kind: 'create' }
  const isFolder = wanted.stat.type === 'd'
  if (there.stat.type === 'd')
    return isFolder ? { kind: 'enter' } : { kind: 'refuse', reason: `a folder is in the way of ${TYPE_WORDS[wanted.stat.type]}` }
  if (isFolder) {
    if (mayReplace(wanted, there, overwrite)) return { kind: 'replace' }
    return { kind: 'refuse', reason: `${TYPE_WORDS[there.stat.type]} is in the way of a folder; nothing is restored through it` }
  }
  if (overwrite === 'always' && looksSame(wanted, there)) return { kind: wanted.stat.type === 'f' ? 'compare' : 'same' }
  if (looksSame(wanted, there)) return { kind: 'same' }
  if (mayReplace(wanted, there, overwrite)) return { kind: 'replace' }
  return { kind: 'keep', reason: overwrite === 'never' ? `${TYPE_WORDS[there.stat.type]} is there` : 'what is there is not older' }
}

function mayReplace(wanted: FoundEntry, there: FoundEntry, overwrite: Overwrite): boolean {
  return overwrite === 'always' || (overwrite === 'if-older' && there.stat.mtimeNs < wanted.stat.mtimeNs)
}

/** By everything that tells one from another without reading content or extended attributes. */
function looksSame({ stat: a, linkTarget: aTarget }: FoundEntry, { stat: b, linkTarget: bTarget }: FoundEntry): boolean {
  if (a.type !== b.type || a.mtimeNs !== b.mtimeNs) return false
  if (a.type === 'f') return a.size === b.size
  const owner = a.uid === b.uid && a.gid === b.gid
  if (a.type === 'l') return owner && aTarget !== null && bTarget !== null && aTarget.equals(bTarget)
  return owner && a.mode === b.mode && String(a.rdev) === String(b.rdev)
}
