import type { SimFilesystem } from '../filesystem.js'
import { mdtName } from '../layout.js'
import type { Lustresim } from '../sim.js'
import type { SnapshotInfo } from '../snapshot-info.js'

export interface MdtTarget {
  readonly filesystem: SimFilesystem
  /** null: the live file system. */
  readonly snapshot: SnapshotInfo | null
  readonly mdtIndex: number
}

/** `src-MDT0000`, or `3327d295-MDT0000` for a snapshot; null when there is none. */
export function resolveMdt(sim: Lustresim, name: string): MdtTarget | null {
  const match = /^(.+)-MDT([0-9a-f]{4})$/.exec(name)
  if (!match) return null
  const mdtIndex = Number.parseInt(match[2]!, 16)
  for (const filesystem of sim.filesystems()) {
    if (mdtIndex >= filesystem.core.config.mdts) continue
    if (filesystem.name === match[1]) return { filesystem, snapshot: null, mdtIndex }
    const snapshot = filesystem.snapshots.list().find((info) => info.fsname === match[1])
    if (snapshot?.pieces.includes(mdtName(mdtIndex))) return { filesystem, snapshot, mdtIndex }
  }
  return null
}

/** Where the log of a target lies. */
export function changelogBase({ filesystem, snapshot, mdtIndex }: MdtTarget): string {
  const { paths } = filesystem.core
  return (snapshot ? paths.snapshot(snapshot.fsname) : paths).changelog(mdtIndex)
}
