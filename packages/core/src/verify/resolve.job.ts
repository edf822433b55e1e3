import { type PathList, packPaths } from '@lustrebackup/lustreapi/path-list'
import { pathOutOfArea, REACH_BYTES } from '../backupmap/area.js'
import { SnapshotSide } from '../backupmap/snapshot-side.js'
import { nativeLustre } from '../lustre/native-lustre.js'
import { openLustreapi } from '../lustre/open-lustreapi.js'
import { type PathBytes, percentEncode } from '../types/path-bytes.js'
import { type StopFlag, throwIfStopped } from '../workers/stop-flag.js'
import type { Job } from '../workers/worker-types.js'
import { listNames } from './list-names.js'
import { fidFolderOf, type GatheredFid, readNamedFids } from './named-fids.js'
import { type RawTree, readExtras } from './read-extras.js'
import { lookupFailed, type ResolvedObject, resolveObjects } from './resolve-objects.js'
import { VerifyWriter } from './verification-parts.js'
import { addVerifyCounts, NO_VERIFY_COUNTS, type VerifyCounts, type VerifyFilter, type VerifyPart } from './verification-types.js'

export interface ResolveJobSettings {
  readonly liblustreapi: string
  readonly inFlight: number
  readonly mountPoint: string
  /** Relative to the mount point. */
  readonly dataPath: Uint8Array
  readonly metaBasepath: Uint8Array | null
  readonly workFolder: string
  readonly partFolder: string
  readonly filter: VerifyFilter
  readonly stop: StopFlag
}

export type ResolveInput = { readonly kind: 'resolve'; readonly task: number } | { readonly kind: 'close' }

export interface ResolveOutput {
  /** Of objects and of names; their lines are on disk. */
  readonly parts: readonly VerifyPart[]
  readonly counts: VerifyCounts
  /** Files to read, relative to `data_path`. */
  readonly files: PathList
  readonly sizes: BigUint64Array
  readonly mtimesNs: BigInt64Array
}

const BATCH_FIDS = 512
const NS_PER_SECOND = 1_000_000_000n

/** Writes down what the snapshot has of the FIDs of one task, all but the content of files. */
export function createResolveJob(settings: ResolveJobSettings): Job<ResolveInput, ResolveOutput> {
  const { side, raw, close } = openSnapshot(settings)
  return async (input) => {
    if (input.kind === 'close') {
      close()
      return { parts: [], counts: NO_VERIFY_COUNTS, files: packPaths([]), sizes: new BigUint64Array(0), mtimesNs: new BigInt64Array(0) }
    }
    const writer = new VerifyWriter(settings.partFolder, `t${input.task}`)
    const files: ResolvedObject[] = []
    let counts = NO_VERIFY_COUNTS
    const gathered = await readNamedFids(fidFolderOf(settings.workFolder), input.task)
    const wanted = settings.filter.renamedOnly ? gathered.filter(({ renamed }) => renamed) : gathered
    for (let start = 0; start < wanted.length; start += BATCH_FIDS) {
      throwIfStopped(settings.stop)
      const done = await resolveBatch(wanted.slice(start, start + BATCH_FIDS), settings.filter, side, raw, writer)
      files.push(...done.files)
      counts = addVerifyCounts(counts, done.counts)
    }
    const byPath = files.toSorted((a, b) => a.paths[0]!.compare(b.paths[0]!))
    return {
      parts: writer.finish(),
      counts,
      files: packPaths(byPath.map(({ paths }) => paths[0]!)),
      sizes: BigUint64Array.from(byPath, ({ attributes }) => attributes.size),
      mtimesNs: BigInt64Array.from(byPath, ({ attributes }) => attributes.mtimeNs),
    }
  }
}

async function resolveBatch(
  gathered: readonly GatheredFid[],
  filter: VerifyFilter,
  side: SnapshotSide,
  raw: RawTree,
  writer: VerifyWriter,
) {
  const { objects, goneCount } = await resolveObjects(side, gathered)
  const since = filter.modifiedSince === null ? null : BigInt(filter.modifiedSince) * NS_PER_SECOND
  const kept = since === null ? objects : objects.filter(({ attributes }) => attributes.mtimeNs >= since)
  const items = kept.map(({ paths, attributes }) => ({ path: pathOutOfArea(side.area, paths[0]!), type: attributes.type }))
  const extras = await readExtras(raw, items)
  for (const [row, { fid, paths, attributes, complete }] of kept.entries()) {
    const [extra, path] = [extras[row]!, paths[0]!]
    if (typeof extra === 'string') throw lookupFailed([`${percentEncode(path)} (${extra})`])
    writer.write('entry', { fid, path, ...attributes, links: paths.slice(1), complete, ...extra })
  }
  const directories = kept.filter(({ attributes }) => attributes.type === 'd')
  for (const piece of await listNames(
    side,
    directories.map(({ paths }) => paths[0]!),
  )) {
    writer.write('names', piece)
  }
  const regular = kept.filter(({ attributes }) => attributes.type === 'f')
  const files = regular.filter(({ attributes }) => !attributes.released)
  const counts: VerifyCounts = {
    ...NO_VERIFY_COUNTS,
    entries: kept.length,
    directories: directories.length,
    released: regular.length - files.length,
    gone: goneCount,
  }
  return { files, counts }
}

function openSnapshot(settings: ResolveJobSettings) {
  const { liblustreapi, inFlight, mountPoint } = settings
  const api = openLustreapi(liblustreapi)
  const tree = nativeLustre(api, inFlight).openTree(mountPoint)
  const area = {
    dataPath: Buffer.from(settings.dataPath) as PathBytes,
    metaBasepath: settings.metaBasepath === null ? null : (Buffer.from(settings.metaBasepath) as PathBytes),
    reachBytes: REACH_BYTES,
  }
  const root = api.openRoot(mountPoint)
  let isOpen = true
  const close = () => {
    if (!isOpen) return
    isOpen = false
    tree.close()
    api.closeRoot(root)
  }
  return { side: new SnapshotSide(tree, area, (fid) => fid), raw: { api, root, inFlight }, close }
}
