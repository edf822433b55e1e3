import { countOf, type Paths, pathAt } from '../../tree/paths.js'
import type { Outcome, Tree } from '../../tree/tree-port.js'

export class Crash extends Error {}

/** Counts down over all the trees of one run; at zero the run dies, with a part of its batch done. */
export class CrashPlan {
  changeCount = 0

  constructor(readonly crashAt: number | null) {}

  /** Which of `count` changes still happen; null when all do. Those that do are spread over the batch, as threads would. */
  survivors(count: number): boolean[] | null {
    const before = this.changeCount
    this.changeCount += count
    if (this.crashAt === null || before + count <= this.crashAt) return null
    const done = Math.max(0, this.crashAt - before)
    const order = Array.from({ length: count }, (_, index) => (index * 7 + this.crashAt! * 3) % 1009)
    const kept = new Set(
      order
        .map((rank, index) => ({ rank, index }))
        .toSorted((a, b) => a.rank - b.rank)
        .slice(0, done)
        .map((x) => x.index),
    )
    return order.map((_, index) => kept.has(index))
  }
}

/** A tree whose process dies at one change. */
export function crashingTree(tree: Tree, plan: CrashPlan): Tree {
  const change = async (on: Paths, run: (pick: (paths: Paths) => Paths) => Promise<Outcome[]>): Promise<Outcome[]> => {
    const survivors = plan.survivors(countOf(on))
    if (survivors === null) return run((paths) => paths)
    const rows = survivors.flatMap((survives, row) => (survives ? [row] : []))
    await run((paths) => rows.map((row) => pathAt(paths, row)))
    throw new Crash('killed')
  }
  const wrapped: Tree = {
    path: tree.path,
    lstat: (paths) => tree.lstat(paths),
    types: (paths) => tree.types(paths),
    readdir: (paths) => tree.readdir(paths),
    getXattrs: (paths, names) => tree.getXattrs(paths, names),
    unlink: (paths) => change(paths, (pick) => tree.unlink(pick(paths))),
    rmdir: (paths) => change(paths, (pick) => tree.rmdir(pick(paths))),
    mkdir: (paths, mode) => change(paths, (pick) => tree.mkdir(pick(paths), mode)),
    rename: (from, target, to) => change(from, (pick) => tree.rename(pick(from), unwrap(target), pick(to))),
    link: (from, to) => change(from, (pick) => tree.link(pick(from), pick(to))),
    chown: (path, uid, gid) => tree.chown(path, uid, gid),
    chmod: (path, mode) => tree.chmod(path, mode),
    setMtime: (path, mtimeNs) => tree.setMtime(path, mtimeNs),
    setXattr: (path, name, value) => tree.setXattr(path, name, value),
    removeXattr: (path, name) => tree.removeXattr(path, name),
    sync: () => tree.sync(),
    close: () => tree.close(),
  }
  WRAPPED.set(wrapped, tree)
  return wrapped
}

const WRAPPED = new WeakMap<Tree, Tree>()

function unwrap(tree: Tree): Tree {
  return WRAPPED.get(tree) ?? tree
}
