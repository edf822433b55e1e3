import { ACCESS_ACL, DEFAULT_ACL } from '../attributes/posix-acl.js'
import { addon } from '../filediff/block-file.js'
import { NameCursor } from '../mirror/name-merge.js'
import { LineWriter } from '../parts/line-writer.js'
import { openNativeTree } from '../tree/native-tree.js'
import type { EntryStat, Tree } from '../tree/tree-port.js'
import { joinPath } from '../types/path-bytes.js'
import { type StopFlag, throwIfStopped } from '../workers/stop-flag.js'
import type { Job } from '../workers/worker-types.js'
import { anchorOf, compareNames, compareObject, namesOf } from './compare.js'
import { encodeDifference } from './difference-file.js'
import type { VerifyDifference } from './difference-types.js'
import { type RawTree, readExtras } from './read-extras.js'
import { readVerifyPart } from './verification-parts.js'
import type { VerifyEntry, VerifyNames } from './verification-types.js'

export interface CompareJobSettings {
  /** Absolute path of the target's tree. */
  readonly root: string
  readonly inFlight: number
  /** Where the parts of the verification are, and where differences are written. */
  readonly partFolder: string
  readonly foundFolder: string
  readonly stop: StopFlag
}

export type CompareInput = { readonly kind: 'entry' | 'names'; readonly file: string } | { readonly kind: 'close' }

export interface CompareOutput {
  /** Objects or directories that were compared. */
  readonly count: number
  readonly differenceCount: number
  /** In `foundFolder`; null = none. */
  readonly differenceFile: string | null
}

/** Objects of one round of system calls. */
const BATCH_ENTRIES = 512

interface OpenTrees {
  readonly tree: Tree
  readonly raw: RawTree
}

/** Compares one part of a verification with the target's tree, without following a symlink; the content of files is not its business. */
export function createCompareJob(settings: CompareJobSettings): Job<CompareInput, CompareOutput> {
  let trees: OpenTrees | null = null
  return async (input) => {
    if (input.kind === 'close') {
      trees?.tree.close()
      if (trees !== null) trees.raw.api.closeRoot(trees.raw.root)
      trees = null
      return { count: 0, differenceCount: 0, differenceFile: null }
    }
    trees ??= openTrees(settings)
    const out = new DifferenceOutput(settings.foundFolder, `differences.${input.file}`)
    const compare = input.kind === 'entry' ? compareEntries : compareDirectories
    const count = await compare(input.file, trees, settings, out)
    return { count, ...out.finish() }
  }
}

function openTrees({ root, inFlight }: CompareJobSettings): OpenTrees {
  const api = addon()
  return { tree: openNativeTree(api, root, inFlight), raw: { api, root: api.openRoot(root), inFlight } }
}

/** A file of differences, made with the first one. */
class DifferenceOutput {
  #writer: LineWriter | null = null
  #count = 0

  constructor(
    private readonly folder: string,
    private readonly file: string,
  ) {}

  add(differences: readonly VerifyDifference[]): void {
    if (differences.length > 0) this.#writer ??= LineWriter.anew(this.folder, this.file)
    for (const difference of differences) this.#writer!.write(encodeDifference(difference))
    this.#count += differences.length
  }

  finish(): Omit<CompareOutput, 'count'> {
    return { differenceCount: this.#count, differenceFile: this.#writer?.finish().file ?? null }
  }
}

async function compareEntries(
  file: string,
  trees: OpenTrees,
  { partFolder, stop }: CompareJobSettings,
  out: DifferenceOutput,
): Promise<number> {
  let count = 0
  for await (const entries of readVerifyPart(partFolder, { kind: 'entry', file })) {
    for (let start = 0; start < entries.length; start += BATCH_ENTRIES) {
      throwIfStopped(stop)
      const batch = entries.slice(start, start + BATCH_ENTRIES)
      out.add(await compareBatch(batch, trees))
      count += batch.length
    }
  }
  return count
}

async function compareBatch(entries: readonly VerifyEntry[], { tree, raw }: OpenTrees): Promise<VerifyDifference[]> {
  const all = await tree.lstat(entries.flatMap(namesOf))
  const stats: (EntryStat | null)[][] = []
  let at = 0
  for (const { links } of entries) {
    stats.push(all.slice(at, at + 1 + links.length))
    at += 1 + links.length
  }
  const anchored = entries.flatMap((entry, row) => {
    const anchor = anchorOf(entry, stats[row]!)
    return anchor === -1 ? [] : [{ entry, path: namesOf(entry)[anchor]!, stat: stats[row]![anchor]! }]
  })
  const [acls, extras] = await Promise.all([
    tree.getXattrs(
      anchored.map(({ path }) => path),
      [ACCESS_ACL, DEFAULT_ACL],
    ),
    readExtras(
      raw,
      anchored.map(({ path, stat }) => ({ path, type: stat.type })),
    ),
  ])
  return [
    ...entries.flatMap((entry, row) => compareNames(entry, stats[row]!)),
    ...anchored.flatMap(({ entry, path, stat }, row) =>
      compareObject(entry, path, { stat, acl: acls[row]![0]!, defaultAcl: acls[row]![1]!, extras: extras[row]! }),
    ),
  ]
}

async function compareDirectories(
  file: string,
  { tree }: OpenTrees,
  { partFolder, stop }: CompareJobSettings,
  out: DifferenceOutput,
): Promise<number> {
  /** Of directories that are not at their end; null = the target has none there, which is told of the directory itself. */
  const cursors = new Map<string, NameCursor | null>()
  let count = 0
  for await (const pieces of readVerifyPart(partFolder, { kind: 'names', file })) {
    throwIfStopped(stop)
    const firsts = pieces.filter(({ first }) => first)
    const listed = await tree.readdir(firsts.map(({ path }) => path))
    for (const [row, { path }] of firsts.entries()) {
      const names = listed[row] ?? null
      cursors.set(path.toString('latin1'), names && new NameCursor(names.map(({ name }) => name)))
    }
    count += firsts.length
    for (const piece of pieces) out.add(comparePiece(piece, cursors))
  }
  return count
}

function comparePiece({ path, names, last }: VerifyNames, cursors: Map<string, NameCursor | null>): VerifyDifference[] {
  const key = path.toString('latin1')
  const cursor = cursors.get(key) ?? null
  if (last) cursors.delete(key)
  if (cursor === null) return []
  const { present, extra } = cursor.merge(names, last)
  const missing = names.filter((_, row) => !present[row])
  return [
    ...missing.map((name): VerifyDifference => ({ path: joinPath(path, name), aspect: 'missing', expected: 'an entry', found: 'nothing' })),
    ...extra.map((name): VerifyDifference => ({ path: joinPath(path, name), aspect: 'extra', expected: 'nothing', found: 'an entry' })),
  ]
}
