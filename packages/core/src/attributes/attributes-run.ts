import type { MapNode } from '../backupmap/backupmap-types.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'
import type { Drift } from '../namespace/drift-types.js'
import { MAX_OWED, type Owed, RELEASED_REASON } from '../transfer/owed-types.js'
import { type EntryParts, readEntries } from '../transfer/transfer-source.js'
import type { Tree } from '../tree/tree-port.js'
import { percentEncode } from '../types/path-bytes.js'
import { type AttributeFixes, planAttributes, type SeenAttributes } from './attribute-plan.js'
import { ACCESS_ACL, DEFAULT_ACL } from './posix-acl.js'

export interface AttributesContext {
  readonly data: Tree
  readonly log: Log
  readonly signal: AbortSignal
  /** Objects that are owed already: their attributes must not make them look finished. */
  readonly owed: readonly Owed[]
  /** What the target had lost: a directory among it was made again, but not what was in it. */
  readonly drifts: readonly Drift[]
}

/** Every entry is exactly one of: right as it was found, made right, owed. */
export interface AttributesResult {
  readonly doneCount: number
  readonly repairedCount: number
  readonly owedCount: number
  /** With those of the context. */
  readonly owed: readonly Owed[]
}

/**
 * Looks at every entry of the map that has attributes, after all transfers, and sets by itself what rsync left wrong.
 * Directories come last: setting anything in them does not change them any more.
 */
export async function runAttributes(sources: readonly EntryParts[], context: AttributesContext): Promise<AttributesResult> {
  const owed = new Map(context.owed.map((entry) => [entry.fid, entry]))
  const lost = new Set(context.drifts.flatMap(({ kind, path }) => (kind === 'missing-directory' ? [path.toString('latin1')] : [])))
  const counts = { done: 0, repaired: 0, owed: 0 }
  for (const [kind, wanted] of PASSES) {
    for await (const entries of readEntries(sources, kind)) {
      context.signal.throwIfAborted()
      const selected = (entries as readonly MapNode[]).filter((node) => (node.type === 'd') === (wanted === 'directories'))
      const outOfReach = selected.filter(({ released, fid }) => kind === 'data' && released && !owed.has(fid))
      for (const { fid, path } of outOfReach) owe(owed, { fid, path, reason: RELEASED_REASON }, context.log)
      counts.owed += selected.filter((node) => owed.has(node.fid)).length
      const nodes = selected.filter((node) => !owed.has(node.fid))
      const left = await repair(nodes, context)
      const emptied = nodes.filter((node) => lost.has(node.path.toString('latin1')) && !left.failures.has(node))
      for (const node of emptied) left.failures.set(node, 'it was missing on the target, and what was in it still is')
      for (const [{ fid, path, released }, reason] of left.failures) {
        owe(owed, { fid, path, reason: released ? RELEASED_REASON : reason }, context.log)
      }
      const repairedCount = left.fixed.filter((node) => !left.failures.has(node)).length
      counts.done += nodes.length - repairedCount - left.failures.size
      counts.repaired += repairedCount
      counts.owed += left.failures.size
    }
  }
  return { doneCount: counts.done, repairedCount: counts.repaired, owedCount: counts.owed, owed: Array.from(owed.values()) }
}

const PASSES = [
  ['data', 'others'],
  ['attr', 'others'],
  ['attr', 'directories'],
] as const

function owe(owed: Map<string, Owed>, entry: Owed, log: Log): void {
  log.error('an entry could not be made as it is on the source', { path: percentEncode(entry.path), fid: entry.fid, reason: entry.reason })
  owed.set(entry.fid, entry)
  if (owed.size <= MAX_OWED) return
  throw new LustrebackupError('TOO_MANY_ERRORS', `setting attributes: more than ${MAX_OWED} entries failed`, {
    hint: 'The log names every one of them. Remove the cause, then run the same command again: it continues where it stopped.',
  })
}

async function repair(nodes: readonly MapNode[], context: AttributesContext) {
  const failures = new Map<MapNode, string>()
  const fixed: MapNode[] = []
  const seen = await look(context.data, nodes)
  for (const [index, node] of nodes.entries()) {
    const state = planAttributes(node, seen[index]!)
    if (state.kind === 'wrong') failures.set(node, state.reason)
    if (state.kind !== 'to-fix') continue
    fixed.push(node)
    context.log.debug('attributes repaired', { path: percentEncode(node.path), ...state.fixes })
    const failure = applyFixes(context.data, node, state.fixes)
    if (failure !== null) failures.set(node, failure)
  }
  const again = await look(context.data, fixed)
  for (const [index, node] of fixed.entries()) {
    const state = planAttributes(node, again[index]!)
    if (state.kind !== 'right' && !failures.has(node)) failures.set(node, describe(state))
  }
  return { failures, fixed }
}

async function look(data: Tree, nodes: readonly MapNode[]): Promise<(SeenAttributes | null)[]> {
  const paths = nodes.map((node) => node.path)
  const [stats, xattrs] = await Promise.all([data.lstat(paths), data.getXattrs(paths, [ACCESS_ACL, DEFAULT_ACL])])
  return stats.map((stat, index) => stat && { stat, acl: xattrs[index]![0]!, defaultAcl: xattrs[index]![1]! })
}

/** The order matters: chown clears setuid, an ACL changes the mode, and everything is done before the time is set. Gives why it failed, or null. */
function applyFixes(data: Tree, node: MapNode, fixes: AttributeFixes): string | null {
  try {
    if (fixes.owner) data.chown(node.path, node.uid, node.gid)
    if (fixes.acl) setAcl(data, node.path, ACCESS_ACL, node.acl)
    if (fixes.defaultAcl) setAcl(data, node.path, DEFAULT_ACL, node.defaultAcl)
    if (fixes.mode) data.chmod(node.path, node.mode)
    if (fixes.mtime) data.setMtime(node.path, node.mtimeNs)
    return null
  } catch (error) {
    return reasonOf(error)
  }
}

function setAcl(data: Tree, path: Buffer, name: string, value: Buffer | null): void {
  if (value === null) data.removeXattr(path, name)
  else data.setXattr(path, name, value)
}

function describe(state: Exclude<ReturnType<typeof planAttributes>, { kind: 'right' }>): string {
  if (state.kind === 'wrong') return state.reason
  const names = Object.entries(state.fixes).flatMap(([name, wrong]) => (wrong ? [name] : []))
  return `the target does not keep what was set: ${names.join(', ')}`
}
