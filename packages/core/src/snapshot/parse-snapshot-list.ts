import type { Snapshot, SnapshotPiece } from './snapshot-types.js'

/** Name of a snapshot that this software makes: `FSNAME-backup-TIMESTAMP`. */
export function snapshotNameFor(fsname: string, timestamp: number): string {
  return `${fsname}-backup-${timestamp}`
}

const OUR_NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,7}-backup-([0-9]{1,12})$/

/** The timestamp in the name of a snapshot that this software made; null for any other name. */
export function timestampOfName(name: string): number | null {
  const match = OUR_NAME.exec(name)
  return match === null ? null : Number(match[1])
}

/**
 * Reads `lctl snapshot_list`: blocks of `key: value` between empty lines, keys in varying order, values with blanks behind them.
 * Newest first. `create_time` is without a time zone and taken as the local time of this host.
 */
export function parseSnapshotList(text: string): Snapshot[] {
  return blocksOf(text)
    .flatMap((block) => snapshotOf(block) ?? [])
    .toSorted((a, b) => b.timestamp - a.timestamp || (a.name < b.name ? 1 : -1))
}

/** Reads `lctl snapshot_list -d`, which has one block a target after that of the snapshot; null when it shows no targets. */
export function parseSnapshotPieces(text: string): SnapshotPiece[] | null {
  const pieces = blocksOf(text).flatMap((block) => {
    const role = block.get('snapshot_role')
    return role === undefined ? [] : [{ role, present: (block.get('snapshot_fsname') ?? '') !== '' }]
  })
  return pieces.length === 0 ? null : pieces
}

type Block = ReadonlyMap<string, string>

function blocksOf(text: string): Block[] {
  return text.split(/\n[ \t\r]*\n/).map((block) => {
    const values = new Map<string, string>()
    for (const line of block.split('\n')) {
      const match = /^\s*([a-z_]+):(.*)$/.exec(line)
      if (match !== null) values.set(match[1]!, match[2]!.trim())
    }
    return values
  })
}

function snapshotOf(block: Block): Snapshot | null {
  const name = block.get('snapshot_name')
  const snapshotFsname = block.get('snapshot_fsname')
  if (name === undefined || snapshotFsname === undefined) return null
  const ownTimestamp = timestampOfName(name)
  const createTime = block.get('create_time') ?? ''
  return {
    name,
    fsname: block.get('filesystem_name') ?? '',
    snapshotFsname,
    timestamp: ownTimestamp ?? unixSeconds(createTime),
    createTime,
    modifyTime: block.get('modify_time') ?? '',
    comment: block.get('comment') || null,
    mounted: block.get('status') === 'mounted',
    ours: ownTimestamp !== null,
  }
}

function unixSeconds(time: string): number {
  const milliseconds = Date.parse(time)
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000)
}
