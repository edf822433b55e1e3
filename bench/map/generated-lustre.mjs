/** A `Lustre` over the generated world: what its trees say is computed, and its changelog is written as it is read. */
import { openLog } from './generated-log.mjs'
import { FILE, fateOf, kindOfPath, numberOfFid, numberOfPath, pathLength, putFid, putPath } from './world.mjs'

const ENODATA = 61
const ROOT = [7, 2, 1, 0]
const MTIME_NS = 1_700_000_000n * 1_000_000_000n
const CHANGED_NS = MTIME_NS + 86_400n * 1_000_000_000n

/** `/s0` and `/s1` are its mount points; `count`: files that the interval touched. */
export function generatedLustre(count) {
  return {
    openTree: (mountPoint) => generatedTree(mountPoint === '/s1' ? 1 : 0),
    openChangelog: () => openLog(count),
    mdtCount: async () => 1,
  }
}

function generatedTree(side) {
  return {
    fid2path: async (fids) => fid2path(fids, side),
    path2fid: async (paths) => path2fid(paths),
    inspect: async (paths) => ({ fids: path2fid(paths), stats: lstat(paths, side), acls: noAcls(paths.ends.length) }),
    // Two calls for older revisions, which bench --compare runs on this world too.
    lstat: async (paths) => lstat(paths, side),
    xattrs: async (paths, names) => noXattrs(paths.ends.length * names.length),
    dataVersions: async (paths) => dataVersions(paths, side),
    close: () => undefined,
  }
}

function fid2path(fids, side) {
  const count = fids.length / 16
  const words = new Uint32Array(fids.buffer, fids.byteOffset, count * 4)
  const ends = new Uint32Array(count)
  const linkStart = new Uint32Array(count + 1)
  const bytes = new Uint8Array(count * pathLength(FILE))
  let end = 0
  for (let item = 0; item < count; item += 1) {
    const kind = words[item * 4 + 1]
    putPath(bytes, end, kind, numberOfFid(words, item * 4), side)
    end += pathLength(kind)
    ends[item] = end
    linkStart[item + 1] = item + 1
  }
  return { errno: new Int32Array(count), linkStart, paths: { bytes, ends } }
}

function path2fid({ bytes, ends }) {
  const words = new Uint32Array(ends.length * 4)
  let start = 0
  for (let item = 0; item < ends.length; item += 1) {
    const length = ends[item] - start
    if (length === 0) words.set(ROOT, item * 4)
    else putFid(words, item * 4, kindOfPath(length), numberOfPath(bytes, start, kindOfPath(length)))
    start = ends[item]
  }
  return { errno: new Int32Array(ends.length), fids: new Uint8Array(words.buffer) }
}

function lstat({ bytes, ends }, side) {
  const count = ends.length
  const stats = {
    errno: new Int32Array(count),
    mode: new Uint32Array(count),
    uid: new Uint32Array(count),
    gid: new Uint32Array(count),
    nlink: new Uint32Array(count),
    rdevMajor: new Uint32Array(count),
    rdevMinor: new Uint32Array(count),
    size: new BigInt64Array(count),
    blocks: new BigInt64Array(count),
    mtimeNs: new BigInt64Array(count),
    ctimeNs: new BigInt64Array(count),
    atimeNs: new BigInt64Array(count),
    ino: new BigUint64Array(count),
    dev: new BigUint64Array(count),
  }
  let start = 0
  for (let item = 0; item < count; item += 1) {
    const isFile = kindOfPath(ends[item] - start) === FILE
    const number = isFile ? numberOfPath(bytes, start, FILE) : 0
    const fate = isFile ? fateOf(number) : 'folder'
    stats.mode[item] = isFile ? (side === 1 && fate === 'chmod' ? 0o100600 : 0o100644) : 0o40755
    stats.nlink[item] = isFile ? 1 : 2
    stats.size[item] = 8192n
    stats.blocks[item] = 16n
    stats.mtimeNs[item] = side === 1 && fate === 'written' ? CHANGED_NS : MTIME_NS
    start = ends[item]
  }
  return stats
}

/** Three quarters of what was written really changed. */
function dataVersions({ bytes, ends }, side) {
  const versions = new BigUint64Array(ends.length)
  let start = 0
  for (let item = 0; item < ends.length; item += 1) {
    const number = numberOfPath(bytes, start, FILE)
    versions[item] = side === 1 && fateOf(number) === 'written' && number % 4 !== 0 ? 2n : 1n
    start = ends[item]
  }
  return { errno: new Int32Array(ends.length), versions }
}

function noAcls(count) {
  const values = { bytes: new Uint8Array(0), ends: new Uint32Array(0) }
  return { start: new Uint32Array(count + 1), errno: new Int32Array(0), isDefault: new Uint8Array(0), values }
}

function noXattrs(count) {
  return { errno: new Int32Array(count).fill(ENODATA), values: { bytes: new Uint8Array(0), ends: new Uint32Array(count) } }
}
