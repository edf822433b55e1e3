import { lstatSync, readFileSync } from 'node:fs'
import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ModelTarget } from './model-target.js'
import { RandomChanges, randomNumbers } from './random-changes.js'
import { SourceSite } from './source-site.js'

const INTERVALS = 4
const FIRST_CHANGES = 100
const CHANGES = 40

interface SeenFile {
  readonly content: string
  readonly mode: number
  readonly mtimeNs: bigint
}

/** Files and directories as the servers hold them in the newest snapshot, by FID. */
function seenIn(fs: SimFilesystem): Map<string, SeenFile> {
  const newest = fs.snapshots.list()[0]!
  const { tree } = fs.core.paths.snapshot(newest.fsname)
  return new Map(fs.tree().flatMap(({ path, fid }) => (path.length === 0 ? [] : [[fid, look(`${tree}/${path}`)]])))
}

function look(file: string): SeenFile {
  const stat = lstatSync(file, { bigint: true })
  return { content: stat.isFile() ? readFileSync(file, 'latin1') : '', mode: Number(stat.mode), mtimeNs: stat.mtimeNs }
}

it('leads from any S0 to any S1: applied to S0, the map gives S1, and sends whatever differs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.constantFrom(1, 2), fc.constantFrom(2, 1000), async (seed, mdts, entriesInMemory) => {
      const site = new SourceSite({ mdts, stateOutside: true, entriesInMemory })
      try {
        await runIntervals(site, new RandomChanges(site.fs, randomNumbers(seed), mdts))
      } finally {
        site.close()
      }
    }),
    { numRuns: 6, endOnFailure: true },
  )
})

async function runIntervals(site: SourceSite, changes: RandomChanges): Promise<void> {
  const target = new ModelTarget()
  changes.run(FIRST_CHANGES)
  // The first map is made more than an hour later: nobody holds data back for so long.
  site.fs.sync()
  await target.load(site, (await site.backup()).header.snapshot.timestamp)
  let before = seenIn(site.fs)
  for (let interval = 0; interval < INTERVALS; interval += 1) {
    changes.run(CHANGES / 2)
    // No client keeps data from the servers for longer than from one snapshot to the next.
    site.fs.sync()
    changes.run(CHANGES / 2)
    const { header } = await site.backup()
    await target.apply(site, header.snapshot.timestamp)
    const newest = (fid: string) => follow(changes.migrated, fid)
    const expected = new Map(
      site.fs.tree().flatMap(({ path, fid }) => (path.length === 0 ? [] : [[path.toString('latin1'), fid] as const])),
    )
    expect(target.paths(newest)).toEqual(expected)
    expect(header.tree.entryCount).toBe(expected.size)
    const after = seenIn(site.fs)
    for (const [oldFid, old] of before) {
      const fid = newest(oldFid)
      const now = after.get(fid)
      if (now === undefined) continue
      if (now.content !== old.content) expect(target.dataSent, `data of ${fid}`).toContain(fid)
      const sent = target.dataSent.has(fid) || target.attributesSent.has(fid)
      if (now.mode !== old.mode || now.mtimeNs !== old.mtimeNs) expect(sent, `attributes of ${fid}`).toBe(true)
    }
    before = after
  }
}

function follow(migrated: ReadonlyMap<string, string>, fid: string): string {
  const next = migrated.get(fid)
  return next === undefined ? fid : follow(migrated, next)
}
