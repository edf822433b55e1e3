import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinPath, type PathBytes } from '../types/path-bytes.js'
import { compareWalkOrder, planSlice } from './slice-plan.js'
import { type SliceDirectory, walkSlice } from './slice-walk.js'
import { type DirectoryNames, type ListNames, walkInOrder } from './walk-order.js'

/** A tree in memory: for each directory, by its path, the names of the directories in it and the number of other entries. */
type Tree = ReadonlyMap<string, DirectoryNames>

const ROOT = Buffer.alloc(0) as PathBytes
const pathOf = (key: string) => Buffer.from(key, 'latin1') as PathBytes
const keyOf = (path: Buffer) => path.toString('latin1')
const byComponents = (a: string, b: string) => {
  const [left, right] = [a, b].map((key) => (key === '' ? [] : key.split('/').map((name) => Buffer.from(name, 'latin1'))))
  for (let at = 0; at < Math.min(left!.length, right!.length); at += 1) {
    const order = left![at]!.compare(right![at]!)
    if (order !== 0) return order
  }
  return left!.length - right!.length
}

/** Names around the slash in the order of bytes: a walk that compared whole paths would get them wrong. */
const names = fc.constantFrom('a', 'a ', 'a.', 'a0', 'ab', '!', '\xff', 'b', '-')
const pathKeys = fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const trees = fc.array(fc.tuple(pathKeys, fc.nat(4)), { maxLength: 25 }).map(treeOf)

function treeOf(folders: readonly (readonly [path: string, otherCount: number])[]): Tree {
  const tree = new Map<string, { directories: Buffer[]; otherCount: number }>([['', { directories: [], otherCount: 1 }]])
  for (const [path, otherCount] of folders) {
    let folder = ROOT
    for (const name of path.split('/').map((part) => Buffer.from(part, 'latin1'))) {
      const known = tree.get(keyOf(folder))!
      if (!known.directories.some((one) => one.equals(name))) known.directories.push(name)
      folder = joinPath(folder, name)
      if (!tree.has(keyOf(folder))) tree.set(keyOf(folder), { directories: [], otherCount })
    }
  }
  return tree
}

const lister =
  (tree: Tree, listed: string[] = []): ListNames =>
  async (paths) => {
    listed.push(...paths.map(keyOf))
    return paths.map((path) => tree.get(keyOf(path)) ?? null)
  }

async function collect<T>(generator: AsyncGenerator<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of generator) all.push(one)
  return all
}

const inOrder = (tree: Tree) => [...tree.keys()].toSorted(byComponents)
const costOf = (tree: Tree) => [...tree.values()].reduce((sum, { otherCount }) => sum + 1 + otherCount, 0)
type Reached = SliceDirectory['reached']

async function slice(tree: Tree, from: Reached, quota: number, timestamp = 0): Promise<{ paths: string[]; reached: Reached }> {
  const directories = await collect(walkSlice(from, { quota, timestamp }, lister(tree)))
  return { paths: directories.map(({ path }) => keyOf(path)), reached: directories.at(-1)?.reached ?? from }
}

const START: Reached = { cursor: null, cycleStart: 0 }

describe('the order of the walk', () => {
  it('is that of the components of paths', () => {
    fc.assert(
      fc.property(pathKeys, pathKeys, (a, b) => {
        expect(Math.sign(compareWalkOrder(pathOf(a), pathOf(b)))).toBe(Math.sign(byComponents(a, b)))
        expect(Math.sign(compareWalkOrder(ROOT, pathOf(b)))).toBe(-1)
      }),
    )
  })

  it('goes on after any path, there or not, with everything that comes later', async () => {
    await fc.assert(
      fc.asyncProperty(trees, fc.option(pathKeys), async (tree, after) => {
        const walked = await collect(walkInOrder(after === null ? null : pathOf(after), lister(tree)))
        const expected = inOrder(tree).filter((key) => after === null || byComponents(key, after) > 0)
        expect(walked.map(({ path }) => keyOf(path))).toEqual(expected)
        for (const { path, otherCount } of walked) expect(otherCount).toBe(tree.get(keyOf(path))!.otherCount)
      }),
    )
  })

  it('lists only what is on the way to the cursor and what comes next', async () => {
    const wide = treeOf(Array.from({ length: 3000 }, (_, index) => [`d${String(index % 50).padStart(2, '0')}/${index}`, 0] as const))
    const listed: string[] = []
    for await (const { path } of walkInOrder(pathOf('d25/1525'), lister(wide, listed))) {
      expect(keyOf(path)).toBe('d25/1575')
      break
    }
    expect(listed.length).toBeLessThan(40)
    expect(new Set(listed).size).toBe(listed.length)
  })
})

describe('slices', () => {
  it('of any sizes cover every directory once in a round, in order, and then begin again', async () => {
    await fc.assert(
      fc.asyncProperty(trees, fc.infiniteStream(fc.integer({ min: 1, max: 12 })), async (tree, quotas) => {
        const order = inOrder(tree)
        const covered: string[] = []
        let from = START
        for (const quota of quotas) {
          const { paths, reached } = await slice(tree, from, quota)
          expect(paths.length).toBeGreaterThan(0)
          covered.push(...paths)
          from = reached
          if (covered.length >= order.length * 2) break
        }
        expect(covered.slice(0, order.length * 2)).toEqual([...order, ...order])
      }),
    )
  })

  it('reach their quota with no directory more than needed', async () => {
    await fc.assert(
      fc.asyncProperty(trees, fc.option(pathKeys), fc.integer({ min: 1, max: 30 }), async (tree, cursor, quota) => {
        const { paths } = await slice(tree, { cursor: cursor === null ? null : pathOf(cursor), cycleStart: 0 }, quota)
        const costs = paths.map((key) => 1 + tree.get(key)!.otherCount)
        const sum = (some: readonly number[]) => some.reduce((total, cost) => total + cost, 0)
        expect(new Set(paths).size).toBe(paths.length)
        expect(sum(costs.slice(0, -1))).toBeLessThan(quota)
        if (paths.length < tree.size) expect(sum(costs)).toBeGreaterThanOrEqual(quota)
      }),
    )
  })

  it('remember when the round began', async () => {
    const tree = treeOf([
      ['a', 0],
      ['b', 0],
    ])
    const first = await slice(tree, START, 3, 100)
    expect(first).toEqual({ paths: ['', 'a'], reached: { cursor: pathOf('a'), cycleStart: 100 } })
    const second = await slice(tree, first.reached, 1, 200)
    expect(second).toEqual({ paths: ['b'], reached: { cursor: pathOf('b'), cycleStart: 100 } })
    const third = await slice(tree, second.reached, 1, 300)
    expect(third).toEqual({ paths: [''], reached: { cursor: ROOT, cycleStart: 300 } })
    const all = await slice(tree, { cursor: pathOf('a'), cycleStart: 100 }, 1000, 400)
    expect(all).toEqual({ paths: ['b', '', 'a'], reached: { cursor: pathOf('a'), cycleStart: 400 } })
  })

  it('of intervals that are together compare_days cover the tree, however it is cut', async () => {
    const days = fc.integer({ min: 1, max: 10 })
    await fc.assert(
      fc.asyncProperty(
        trees,
        days,
        fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 40, maxLength: 40 }),
        async (tree, n, intervals) => {
          const covered = new Set<string>()
          let [from, time] = [START, 0]
          for (const interval of intervals) {
            if (time >= n * 86_400) break
            const facts = { compareDays: n, entryCount: costOf(tree) - 1, baseTimestamp: time, timestamp: time + interval }
            const plan = planSlice(facts)
            time += interval
            const { paths, reached } = await slice(tree, from, plan.kind === 'slice' ? plan.quota : Number.POSITIVE_INFINITY)
            for (const path of paths) covered.add(path)
            from = reached
          }
          if (time >= n * 86_400) expect(covered).toEqual(new Set(tree.keys()))
        },
      ),
    )
  })

  it('miss no directory that stays where it is, whatever else comes and goes meanwhile', async () => {
    const changing = fc.array(fc.tuple(pathKeys, fc.nat(4)), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(
        changing,
        fc.array(fc.tuple(changing, fc.integer({ min: 1, max: 10 })), { minLength: 60, maxLength: 60 }),
        async (stays, steps) => {
          const covered = new Set<string>()
          let from = START
          for (const [others, quota] of steps) {
            const { paths, reached } = await slice(treeOf([...stays, ...others]), from, quota)
            if (from.cursor !== null && paths.includes('')) {
              paths.slice(0, paths.indexOf('')).forEach((path) => void covered.add(path))
              for (const key of treeOf(stays).keys()) expect(covered).toContain(key)
              return
            }
            for (const path of paths) covered.add(path)
            from = reached
          }
        },
      ),
    )
  })
})

describe('how much', () => {
  const facts = { entryCount: 999, baseTimestamp: 0, timestamp: 86_400 }

  it('is the share of the interval in compare_days', () => {
    expect(planSlice({ ...facts, compareDays: 10 })).toEqual({ kind: 'slice', quota: 100 })
    expect(planSlice({ ...facts, compareDays: 3 })).toEqual({ kind: 'slice', quota: 334 })
    expect(planSlice({ ...facts, compareDays: 30, timestamp: 1 })).toEqual({ kind: 'slice', quota: 1 })
    expect(planSlice({ ...facts, compareDays: 1 })).toEqual({ kind: 'everything' })
  })

  it('is nothing or everything where the configuration says so', () => {
    expect(planSlice({ ...facts, compareDays: 0 })).toEqual({ kind: 'nothing' })
    expect(planSlice({ ...facts, compareDays: 'always', timestamp: 1 })).toEqual({ kind: 'everything' })
  })
})
