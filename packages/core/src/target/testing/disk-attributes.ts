import { lstatSync, readdirSync } from 'node:fs'
import type { MapNode } from '../../backupmap/backupmap-types.js'
import { typeOfMode } from '../../tree/entry-type.js'
import { joinPath } from '../../types/path-bytes.js'

/** Attributes of an entry below a folder as a map holds them; trees of tests have no ACLs. */
export function attributesOn(folder: string, path: Buffer): Omit<MapNode, 'fid' | 'path'> {
  const stat = lstatSync(joinPath(Buffer.from(folder), path), { bigint: true })
  const type = typeOfMode(Number(stat.mode))
  return {
    type,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: type === 'f' ? stat.size : 0n,
    mtimeNs: stat.mtimeNs,
    nlink: Number(stat.nlink),
    rdev: null,
    acl: null,
    defaultAcl: null,
    released: false,
  }
}

/** One line for each entry and the folder itself: owner, mode and time. */
export function describeAttributes(folder: string): string[] {
  const lines: string[] = []
  const walk = (path: Buffer) => {
    const { type, mode, uid, gid, mtimeNs } = attributesOn(folder, path)
    lines.push(`${path.toString('latin1')}: ${type} ${mode.toString(8)} ${uid}:${gid} ${mtimeNs}`)
    if (type === 'd')
      for (const name of readdirSync(joinPath(Buffer.from(folder), path), { encoding: 'buffer' })) walk(joinPath(path, name))
  }
  walk(Buffer.alloc(0))
  return lines.toSorted()
}
