import { createHash } from 'node:crypto'
import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { errnoName } from '@lustrebackup/lustreapi/errno'
import { packPaths, unpackPath, unpackPaths } from '@lustrebackup/lustreapi/path-list'
import type { EntryType } from '../backupmap/backupmap-types.js'
import { isNoXattr } from '../backupmap/lookup-failure.js'
import { reasonOf } from '../errors/errors.js'
import { isInternalXattr } from '../filediff/xattrs.js'
import { percentEncode } from '../types/path-bytes.js'
import type { Extras } from './verification-types.js'

/** Longer values are compared by their digests. */
const VALUE_BYTES = 96

export interface ExtrasItem {
  /** Relative to the root. */
  readonly path: Buffer
  readonly type: EntryType
}

/** An open tree: the addon and a descriptor of its root. */
export interface RawTree {
  readonly api: Lustreapi
  readonly root: number
  readonly inFlight: number
}

/** Symlink targets and extended attributes of some entries; a text says why those of one could not be read. */
export async function readExtras(tree: RawTree, items: readonly ExtrasItem[]): Promise<(Extras | string)[]> {
  if (items.length === 0) return []
  const names = await listNames(tree, items)
  const xattrs = await readValues(tree, items, names)
  return items.map(({ path, type }, row) => {
    const values = xattrs[row]!
    if (typeof values === 'string') return values
    if (type !== 'l') return { target: null, xattrs: values }
    try {
      return { target: tree.api.readlink(tree.root, path), xattrs: values }
    } catch (error) {
      return reasonOf(error)
    }
  })
}

async function listNames({ api, root, inFlight }: RawTree, items: readonly ExtrasItem[]): Promise<(readonly string[] | string)[]> {
  const columns = await api.listXattrBatch(root, packPaths(items.map(({ path }) => path)), { inFlight })
  return items.map((_, row) => {
    const errno = columns.errno[row]!
    if (errno !== 0) return isNoXattr(errno) ? [] : `listing extended attributes: ${errnoName(errno)}`
    const listed = unpackPaths(columns.names, columns.nameStart[row]!, columns.nameStart[row + 1]!)
    return listed.filter(isCompared).map((name) => name.toString('latin1'))
  })
}

/** ACLs are compared by themselves; a label is the system's own where SELinux runs. */
function isCompared(name: Buffer): boolean {
  const text = name.toString('latin1')
  return !isInternalXattr(name) && !text.startsWith('system.') && text !== 'security.selinux'
}

/** One batch for each name: most entries have the same few. */
async function readValues(
  { api, root, inFlight }: RawTree,
  items: readonly ExtrasItem[],
  names: readonly (readonly string[] | string)[],
): Promise<(Record<string, string> | string)[]> {
  const values = names.map((listed): Record<string, string> | string => (typeof listed === 'string' ? listed : {}))
  const distinct = new Set(names.flatMap((listed) => (typeof listed === 'string' ? [] : listed)))
  for (const name of [...distinct].toSorted()) {
    const rows = names.flatMap((listed, row) => (typeof listed !== 'string' && listed.includes(name) ? [row] : []))
    const paths = packPaths(rows.map((row) => items[row]!.path))
    const columns = await api.xattrBatch(root, paths, [Buffer.from(name, 'latin1')], { inFlight })
    for (const [item, row] of rows.entries()) {
      const [errno, known] = [columns.errno[item]!, values[row]!]
      if (typeof known === 'string' || (errno !== 0 && isNoXattr(errno))) continue
      if (errno !== 0) values[row] = `reading an extended attribute: ${errnoName(errno)}`
      else known[percentEncode(Buffer.from(name, 'latin1'))] = valueText(unpackPath(columns.values, item))
    }
  }
  return values
}

function valueText(value: Buffer): string {
  if (value.length <= VALUE_BYTES) return `base64:${value.toString('base64')}`
  return `sha256:${createHash('sha256').update(value).digest('hex')} of ${value.length} bytes`
}
