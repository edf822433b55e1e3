import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { mdtName, ostName } from '../layout.js'
import { fsnameOf, loadMounts } from '../mounts.js'
import { OpenFlag, RecordType } from '../record-types.js'
import { parseOptions } from './getopt.js'
import type { ShimContext } from './shim-io.js'
import { treeAt } from './tree-at.js'

/** `lfs mkdir -i MDT [-c COUNT] DIR…`: opens the parent, makes the folder on that MDT, closes the parent. */
export function mkdirOn(context: ShimContext): number {
  const { values, operands } = parseOptions(context.args, {
    'i:': 'mdt-index',
    'c:': 'mdt-count',
    'm:': 'mode',
    'H:': 'mdt-hash',
    D: 'default',
  })
  for (const path of operands) {
    const tree = treeAt(context.sim, path)
    const filesystem = context.sim.filesystems().find((candidate) => candidate.core.paths.dir === tree?.dir)
    const mdt = values.has('mdt-index') ? Number(values.get('mdt-index')) : undefined
    const fail = (code: number, reason: string) => {
      context.err(`lfs mkdir: dirstripe error on '${path}': ${reason}\nlfs setdirstripe: cannot create dir '${path}': ${reason}\n`)
      return code
    }
    if (!tree || !filesystem) return fail(25, 'Inappropriate ioctl for device')
    if (existsSync(path)) return fail(17, 'File exists')
    if (mdt !== undefined && !(mdt < filesystem.core.config.mdts)) return fail(19, 'No such device')
    const absolute = resolve(path)
    const inner = relative(realpathSync(tree.mountPoint), join(realpathSync(dirname(absolute)), basename(absolute)))
    filesystem.setIdentity({ jobid: 'lfs.0' })
    const { core } = filesystem
    const parent = core.lookup(Buffer.from(dirname(inner) === '.' ? '' : dirname(inner)).toString('latin1'))
    core.emitFor(parent, { type: RecordType.OPEN, flags: OpenFlag.READ, isOpen: true })
    const mode = values.get('mode')
    filesystem.mkdir(inner, {
      ...(mdt !== undefined && { mdt }),
      ...(values.has('mdt-count') && { stripeCount: Number(values.get('mdt-count')) }),
      ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }),
    })
    core.emitFor(parent, { type: RecordType.CLOSE, flags: OpenFlag.READ })
    filesystem.flush()
  }
  return 0
}

/** `lfs mdts`, `lfs osts` of a mount, or of all mounts. */
export function targets(context: ShimContext, kind: 'MDT' | 'OST'): number {
  for (const { fsname, mountPoint, mdts, osts } of mounted(context)) {
    const names = kind === 'MDT' ? mdts : osts
    context.out(`${kind}S:\n`)
    names.forEach((name, at) => {
      context.out(`${at}: ${name}_UUID ACTIVE\n`)
    })
    if (names.length === 0) context.err(`lfs: no ${kind} of ${fsname} at ${mountPoint}\n`)
  }
  return 0
}

/** `lfs df [MOUNT]`. */
export function df(context: ShimContext): number {
  for (const { mountPoint, mdts, osts } of mounted(context)) {
    const line = (name: string, kind: string, at: number) =>
      `${`${name}_UUID`.padEnd(20)} ${'9574016       11776     9562240   1%'} ${mountPoint}[${kind}:${at}]\n`
    context.out('UUID                   1K-blocks        Used   Available Use%  Mounted on\n')
    mdts.forEach((name, at) => {
      context.out(line(name, 'MDT', at))
    })
    osts.forEach((name, at) => {
      context.out(line(name, 'OST', at))
    })
    context.out(`\nfilesystem_summary:     ${9574016 * osts.length}       55296    19089408   1%  ${mountPoint}\n\n`)
  }
  return 0
}

/** The mounts that the arguments name, with the targets that each has. */
function mounted(context: ShimContext) {
  const paths = context.args.filter((arg) => !arg.startsWith('-')).map((path) => resolve(path))
  return loadMounts(context.sim.paths.mtab)
    .filter((entry) => paths.length === 0 || paths.some((path) => path === entry.target || path.startsWith(`${entry.target}/`)))
    .map((entry) => {
      const fsname = fsnameOf(entry)
      const filesystem = context.sim
        .filesystems()
        .find((candidate) => candidate.name === fsname || candidate.snapshots.list().some((info) => info.fsname === fsname))
      const pieces = filesystem?.snapshots.list().find((info) => info.fsname === fsname)?.pieces
      const present = (name: string) => pieces === undefined || pieces.includes(name)
      const { mdts, osts } = filesystem!.core.config
      return {
        fsname,
        mountPoint: entry.target,
        mdts: Array.from({ length: mdts }, (_, at) => mdtName(at))
          .filter(present)
          .map((name) => `${fsname}-${name}`),
        osts: Array.from({ length: osts }, (_, at) => ostName(at))
          .filter(present)
          .map((name) => `${fsname}-${name}`),
      }
    })
}

/** `lfs getname PATH…`. */
export function getname(context: ShimContext): number {
  for (const path of context.args.filter((arg) => !arg.startsWith('-'))) {
    const tree = treeAt(context.sim, path)
    if (!tree) {
      context.err(`lfs getname: cannot get name for '${path}': Not a typewriter\n`)
      return 25
    }
    context.out(`${tree.fsname}-ffff000000000000 ${path}\n`)
  }
  return 0
}

/** `lfs getstripe PATH…`: every file has one stripe. */
export function getstripe(context: ShimContext): number {
  for (const path of context.args.filter((arg) => !arg.startsWith('-'))) {
    context.out(
      `${path}\nlmm_stripe_count:  1\nlmm_stripe_size:   4194304\nlmm_pattern:       raid0\nlmm_layout_gen:    0\nlmm_stripe_offset: 0\n\n`,
    )
  }
  return 0
}
