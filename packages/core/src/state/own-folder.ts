import { chmodSync, lstatSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const OTHERS_WRITE = 0o002
const STICKY = 0o1000
const ANYBODY_ELSE = 0o077

/** Sees to it that nobody else can read or change what is in a folder of ours, or throws an Error that says why that cannot be. */
export function keepFolderOurs(folder: string): void {
  const { mode } = ownFolder(folder)
  if ((mode & ANYBODY_ELSE) !== 0) chmodSync(folder, 0o700)
}

/** The same for the topmost one, which others may have made, or put a link in its place, before we came: its parent need not be ours alone. */
export function keepTopFolderOurs(folder: string): void {
  const link = lstatSync(folder)
  if (link.isSymbolicLink() && !isTrusted(link.uid)) throw new Error(`${folder} is a symlink of user ${link.uid}`)
  const { mode } = ownFolder(folder, statSync(folder))
  if ((mode & ANYBODY_ELSE) !== 0) chmodSync(folder, 0o700)
  const parent = statSync(dirname(folder))
  if (!isTrusted(parent.uid)) throw new Error(`${dirname(folder)} belongs to user ${parent.uid}, who could put something else in its place`)
  if ((parent.mode & OTHERS_WRITE) !== 0 && (parent.mode & STICKY) === 0) {
    throw new Error(`everybody may write to ${dirname(folder)}, and could put something else in its place`)
  }
}

function ownFolder(folder: string, stat = lstatSync(folder)): { readonly mode: number } {
  if (!stat.isDirectory()) throw new Error(`${folder} is not a folder`)
  if (stat.uid !== process.geteuid?.()) throw new Error(`${folder} belongs to user ${stat.uid}`)
  return stat
}

function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.()
}
