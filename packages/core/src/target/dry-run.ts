import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { MapHeader, MapPart, PartKind } from '../backupmap/backupmap-types.js'
import { readPart } from '../backupmap/map-reader.js'
import { crashPoint } from '../crash/crash-point.js'
import type { OpenMap } from '../namespace/namespace-types.js'
import { makeMetaFolders } from '../state/durable.js'
import { percentEncode } from '../types/path-bytes.js'
import type { BackupPorts } from './backup-ports.js'
import { fetchInto } from './open-map-run.js'
import { loadTargetBackup } from './target-state.js'
import { isBetween, type TargetBackup } from './target-types.js'

/** How many paths of each kind are shown. */
const EXAMPLES = 5

const SHOWN = ['remove', 'move', 'mkdir', 'place', 'link', 'data', 'attr', 'compare', 'hardlink'] as const satisfies readonly PartKind[]

export interface DryRunPart {
  readonly kind: PartKind
  readonly entryCount: number
  /** Percent-encoded. */
  readonly examples: readonly string[]
}

export type DryRun =
  | { readonly kind: 'nothing-to-do'; readonly lastBackup: number | null }
  | {
      readonly kind: 'plan'
      readonly header: MapHeader
      readonly parts: readonly DryRunPart[]
      /** An interrupted backup that a run would finish. */
      readonly interrupted: TargetBackup | null
    }

/** What a backup would do, from the map. Neither the target's tree is touched, nor anything begun on the source. */
export async function runDryRun(ports: BackupPorts): Promise<DryRun> {
  const { layout, config } = ports
  makeMetaFolders(layout)
  const init = await ports.source.look()
  if (init.backup === null) return { kind: 'nothing-to-do', lastBackup: init.lastBackup }
  const folder = join(layout.folder('tmp'), `dry-run-${init.backup.timestamp}`)
  const data = ports.openTree(config.lustre.dataPath)
  try {
    const map = await fetchInto(join(folder, 'map'), init, init.backup, data, ports)
    const inProgress = loadTargetBackup(layout, 'inprogress_backup')
    const parts: DryRunPart[] = []
    for (const kind of SHOWN) parts.push(await describe(map, kind))
    return {
      kind: 'plan',
      header: map.header,
      parts: parts.filter((part) => part.entryCount > 0),
      interrupted: inProgress !== null && isBetween(inProgress) ? inProgress : null,
    }
  } finally {
    data.close()
    rmSync(folder, { recursive: true, force: true })
    crashPoint('dry-run.removed')
  }
}

async function describe({ folder, header }: OpenMap, kind: PartKind): Promise<DryRunPart> {
  const parts = header.parts.filter((part) => part.kind === kind)
  const examples: string[] = []
  for (const part of parts) {
    for await (const entries of readPart(folder, part as MapPart & { kind: PartKind })) {
      for (const entry of entries) if (examples.length < EXAMPLES && 'path' in entry) examples.push(percentEncode(entry.path))
      break
    }
  }
  return { kind, entryCount: parts.reduce((sum, part) => sum + part.entryCount, 0), examples }
}
