import type { DataEntry, MapHeader, MapPart, PartEntries, PartKind } from '@lustrebackup/core/backupmap/backupmap-types'
import { encodeEntry } from '@lustrebackup/core/backupmap/codec'
import { formatHeader } from '@lustrebackup/core/backupmap/parse-header'
import { parseFid } from '@lustrebackup/core/types/fid'
import { parsePath } from '@lustrebackup/core/types/path-bytes'

const fid = parseFid('[0x200000401:0x1:0x0]')!
const path = (text: string | Buffer) => parsePath(Buffer.from(text))!

const node = {
  fid,
  path: path('a/b'),
  type: 'f',
  mode: 0o4755,
  uid: 1000,
  gid: 0,
  size: 2n ** 60n,
  mtimeNs: 1_700_000_000_000_000_000n,
  nlink: 2,
  rdev: null,
  acl: Buffer.from([2, 0, 0, 0]),
  defaultAcl: null,
  released: true,
} as const
const links = [path('c'), path(Buffer.from([0xff, 0x0a]))]

const samples: { readonly [K in PartKind]: readonly PartEntries[K][] } = {
  remove: [{ fid, path: path('x/é'), type: 'd', tree: true }],
  move: [{ fid, path: path('x'), type: 'f', to: path('y') }],
  mkdir: [{ ...node, type: 'd', created: false }],
  place: [{ fid, path: path('y'), type: 'f', from: path('x') }],
  link: [{ fid, path: path('z'), type: 'f', to: path('y') }],
  data: [{ ...node, created: true, links } satisfies DataEntry],
  attr: [{ ...node, type: 'c', rdev: [1, 3] }],
  compare: [
    { kind: 'directory', fid, path: path('d') },
    { kind: 'entry', node, same: false },
    { kind: 'end', path: path('d'), entryCount: 1 },
  ],
  hardlink: [{ ...node, links, same: true, complete: true }],
  unreachable: [
    { fid, folder: path('x') },
    { fid, folder: null },
  ],
  recheck: [{ fid }],
  opener: [{ fid, uid: 0, gid: 4_294_967_295, flags: 2, openCount: 1, since: 1_700_000_000 }],
}

export const PART_KINDS = Object.keys(samples) as PartKind[]

/** The lines of a part, each with its newline. */
export function sampleLines(kind: PartKind): Buffer {
  return Buffer.from(samples[kind].map((entry) => `${encodeEntry(kind, entry as never)}\n`).join(''))
}

const parts: MapPart[] = [
  { kind: 'remove', file: 'remove.3.ndjson', depth: 3, entryCount: 1, sizeBytes: 80, digest: 'a'.repeat(64) },
  { kind: 'data', file: 'data-0.ndjson', depth: null, entryCount: 7, sizeBytes: 2 ** 40, digest: 'b'.repeat(64) },
]

const header: MapHeader = {
  format: 'lustrebackup-backupmap',
  version: 1,
  software: '1.0.0',
  kind: 'incremental',
  fsname: 'src',
  base: { timestamp: 1_700_000_000, snapshotName: 'src-backup-1700000000' },
  snapshot: { timestamp: 1_700_086_400, snapshotName: 'src-backup-1700086400' },
  mdts: [{ mdt: 'MDT0000', startRecno: 1n, endRecno: 2n ** 63n, recordCount: 3n }],
  roots: { dataPath: fid, metaBasepath: null },
  dataPath: 'data',
  unproven: ['because'],
  counts: {
    touched: 6,
    created: 1,
    removed: 1,
    kept: 1,
    temporary: 1,
    excluded: 1,
    failed: 1,
    moved: 0,
    data: 1,
    attributes: 1,
    unchanged: 0,
    dataBytes: 2n ** 60n,
  },
  tree: { entryCount: 10, sizeBytes: 2n ** 61n },
  comparison: { cursor: path('d'), cycleStart: 1_700_000_000, directoryCount: 1, entryCount: 3 },
  settings: { largefileSizeBytes: 2n ** 30n, hugefileSizeBytes: 2n ** 40n },
  parts,
}

export const SAMPLE_HEADERS: readonly Buffer[] = [
  header,
  { ...header, kind: 'full' as const, base: null, comparison: { ...header.comparison, cursor: null }, unproven: [] },
].map((each) => Buffer.from(formatHeader(each)))
