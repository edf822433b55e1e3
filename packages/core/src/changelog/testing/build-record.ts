import { type Fid, packFids, ZERO_FID } from '../../types/fid.js'

/** A record as a test wants it; the device's packed layout comes out of `buildRecord`. */
export interface RecordSpec {
  readonly type: number
  readonly index?: bigint
  readonly flags?: number
  readonly tfid?: Fid
  readonly pfid?: Fid
  readonly source?: { readonly fid: Fid; readonly parent: Fid; readonly name: string }
  readonly name?: string
  readonly uid?: number
  readonly gid?: number
  readonly openMode?: number
  readonly xattr?: string
}

const NID_BYTES = 24

export function buildRecord(spec: RecordSpec): Buffer {
  const name = Buffer.from(spec.source === undefined ? (spec.name ?? '') : `${spec.name ?? ''}\0${spec.source.name}`)
  const extra = 0x3 | (spec.openMode === undefined ? 0 : 0x4) | (spec.xattr === undefined ? 0 : 0x8)
  const fixed = Buffer.alloc(32)
  fixed.writeUInt16LE(name.length, 0)
  fixed.writeUInt16LE((spec.flags ?? 0) | 0xd000 | (spec.source === undefined ? 0 : 0x2000), 2)
  fixed.writeUInt32LE(spec.type, 4)
  fixed.writeBigUInt64LE(spec.index ?? 1n, 8)
  const extraFlags = Buffer.alloc(8)
  extraFlags.writeBigUInt64LE(BigInt(extra), 0)
  const owner = Buffer.alloc(16)
  owner.writeBigUInt64LE(BigInt(spec.uid ?? 0), 0)
  owner.writeBigUInt64LE(BigInt(spec.gid ?? 0), 8)
  const openMode = Buffer.alloc(spec.openMode === undefined ? 0 : 4)
  if (spec.openMode !== undefined) openMode.writeUInt32LE(spec.openMode, 0)
  const xattr = Buffer.alloc(spec.xattr === undefined ? 0 : 256)
  xattr.write(spec.xattr ?? '')
  return Buffer.concat([
    fixed,
    packFids([spec.tfid ?? ZERO_FID, spec.pfid ?? ZERO_FID]),
    spec.source === undefined ? Buffer.alloc(0) : packFids([spec.source.fid, spec.source.parent]),
    Buffer.alloc(32, 0),
    extraFlags,
    owner,
    Buffer.alloc(NID_BYTES),
    openMode,
    xattr,
    name,
  ])
}

/** Records with the indexes from `first` on. */
export function buildLog(specs: readonly RecordSpec[], first = 1n): Buffer {
  return Buffer.concat(specs.map((spec, at) => buildRecord({ index: first + BigInt(at), ...spec })))
}
