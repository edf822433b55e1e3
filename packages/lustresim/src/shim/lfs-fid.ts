import { existsSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import { formatFid, parseFid, sameFid } from '../fid.js'
import { pathOf } from '../inode.js'
import { HsmState } from '../record-types.js'
import { parseOptions } from './getopt.js'
import type { ShimContext } from './shim-io.js'
import { inodeAt, type TreeAt, treeAt, treeOf } from './tree-at.js'

/** `lfs path2fid [--parents] PATH…`. */
export function path2fid(context: ShimContext): number {
  const { values, operands } = parseOptions(context.args, { p: 'parents' })
  let exitCode = 0
  for (const path of operands) {
    const fail = (code: number, reason: string) => {
      context.err(`lfs path2fid: cannot get fid for '${path}': ${reason}\n`)
      exitCode ||= code
    }
    if (!lstatSync(path, { throwIfNoEntry: false })) {
      fail(2, 'No such file or directory')
      continue
    }
    const tree = treeAt(context.sim, path)
    const inode = tree && inodeAt(tree, path)
    if (!inode) fail(61, 'No data available')
    else {
      const parents = inode.links.map((link) => `${formatFid(link.parent.fid)}/${link.name}`).join('\t')
      const text = values.has('parents') ? parents : formatFid(inode.fid)
      context.out(Buffer.from(`${operands.length > 1 ? `${path}: ` : ''}${text}\n`, 'latin1'))
    }
  }
  return exitCode
}

/** `lfs fid2path [-0] [--link N] [-n] MOUNT|FSNAME FID…`. */
export function fid2path(context: ShimContext): number {
  const { values, operands } = parseOptions(context.args, { '0': 'print0', f: 'print-fid', c: 'print-link', 'l:': 'link', n: 'name' })
  const [device = '', ...fids] = operands
  const tree = device.startsWith('/') ? treeAt(context.sim, device) : treeOf(context.sim, device)
  if (!tree) {
    context.err(`lfs fid2path: cannot resolve mount point for '${device}': No such device\n`)
    return 19
  }
  let exitCode = 0
  for (const text of fids) exitCode ||= printPaths(context, tree, text, values)
  return exitCode
}

function printPaths(context: ShimContext, tree: TreeAt, text: string, flags: ReadonlyMap<string, string>): number {
  const fid = parseFid(text)
  if (!fid) {
    context.err(`lfs fid2path: invalid FID '${text}'\n`)
    return 22
  }
  const inode = tree.inodes.find((candidate) => sameFid(candidate.fid, fid))
  if (!inode) {
    context.err(`lfs fid2path: cannot find ${tree.mountPoint || tree.fsname} ${text}: No such file or directory\n`)
    return 2
  }
  const prefix = tree.mountPoint === '' ? '' : `${tree.mountPoint}/`
  const all = inode.links.filter((link) => !link.hidden)
  const names = all.length > 0 ? all.map((link) => (flags.has('name') ? link.name : prefix + pathOf(inode, link))) : [`${prefix}/`]
  const wanted = flags.get('link')
  const chosen = wanted === undefined ? names : [names[Number(wanted)] ?? names[0]!]
  for (const name of chosen) context.out(Buffer.from(`${name}${flags.has('print0') ? '\0' : '\n'}`, 'latin1'))
  return 0
}

/** `lfs data_version [-r|-w] PATH`: with either flag the clients flush first. */
export function dataVersion(context: ShimContext): number {
  const { operands } = parseOptions(context.args, { n: 'no-flush', r: 'read-flush', w: 'write-flush' })
  const path = operands[0] ?? ''
  const tree = lstatSync(path, { throwIfNoEntry: false }) ? treeAt(context.sim, path) : null
  const inode = tree && inodeAt(tree, path)
  if (!inode || !tree) {
    context.err(`lfs data_version: cannot get version for '${path}': ${tree ? 'No data available' : 'No such file or directory'}\n`)
    return 2
  }
  const unflushed = join(tree.dir, 'unflushed', formatFid(inode.fid).slice(1, -1).replaceAll(':', '_'))
  context.out(`${inode.pendingVersion !== 0 && !existsSync(unflushed) ? inode.pendingVersion : inode.dataVersion}\n`)
  return 0
}

/** `lfs hsm_state PATH…`. */
export function hsmState(context: ShimContext): number {
  for (const path of context.args) {
    const tree = treeAt(context.sim, path)
    const inode = tree && inodeAt(tree, path)
    if (!inode) {
      context.err(`can't get hsm state for ${path}: No data available\n`)
      return 61
    }
    const names = Object.entries(HsmState).filter(([, bit]) => inode.hsmStates & bit)
    const words = names.map(([name]) => ` ${name.toLowerCase()}`).join('')
    context.out(
      `${path}: (0x${inode.hsmStates.toString(16).padStart(8, '0')})${words}${inode.hsmArchiveId ? `, archive_id:${inode.hsmArchiveId}` : ''}\n`,
    )
  }
  return 0
}
