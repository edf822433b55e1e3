import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simtool } from './tool.js'

/** One entry of a real tree. Rows come parents first, the names of a folder sorted; row 0 is the root. */
export interface ScanRow {
  readonly parentRow: number
  readonly name: string
  readonly ino: number
  readonly nlink: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly btimeNs: bigint
}

const ROW_SIZE = 64

/** Lists a whole tree through the helper, several times faster than lstat from here. */
export function scanTree(dir: string): ScanRow[] {
  const temporary = mkdtempSync(join(tmpdir(), 'lustresim-scan-'))
  try {
    simtool('scan', Buffer.from(dir), Buffer.from(join(temporary, 'rows')))
    return parseRows(readFileSync(join(temporary, 'rows')))
  } finally {
    rmSync(temporary, { recursive: true })
  }
}

function parseRows(bytes: Buffer): ScanRow[] {
  const rows: ScanRow[] = []
  const read64 = (offset: number) => bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 0x100000000
  for (let at = 0; at < bytes.length; ) {
    const end = at + ROW_SIZE + bytes.readUInt32LE(at + 20)
    rows.push({
      parentRow: bytes.readUInt32LE(at),
      mode: bytes.readUInt32LE(at + 4),
      uid: bytes.readUInt32LE(at + 8),
      gid: bytes.readUInt32LE(at + 12),
      nlink: bytes.readUInt32LE(at + 16),
      ino: read64(at + 24),
      size: read64(at + 32),
      mtimeNs: bytes.readBigInt64LE(at + 40),
      ctimeNs: bytes.readBigInt64LE(at + 48),
      btimeNs: bytes.readBigInt64LE(at + 56),
      name: bytes.toString('latin1', at + ROW_SIZE, end),
    })
    at = end
  }
  return rows
}
