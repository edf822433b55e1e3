import { changeCrashTree, driftingFile } from './quick-change.js'
import type { QuickSite, QuickStep } from './quick-site.js'

/** A step that is killed, and what goes before it. */
export interface QuickScenario {
  readonly name: string
  readonly step: QuickStep
  /** Brings the site to where the step comes next. `nextRound` counts the changes of the tree. */
  prepare(site: QuickSite, nextRound: () => number): Promise<void>
  /** What the step ends with when it is not killed. */
  readonly exitCode?: number
  /** The target needs a full map to come to an end. */
  readonly full: boolean
  /** The step belongs to a verification of the last backup, which finds so many differences when it is finished. */
  readonly differenceCount?: number
}

function change(site: QuickSite, nextRound: () => number): void {
  const round = nextRound()
  site.target.damage(driftingFile(round - 1), 'remove')
  changeCrashTree(site.source.fs, round)
  site.source.snapshot()
}

async function changeAndMap(site: QuickSite, nextRound: () => number): Promise<void> {
  change(site, nextRound)
  await site.source.map()
}

/** Leaves the target between two backups. */
async function dieInData(site: QuickSite): Promise<void> {
  site.target.death = { place: 'phase', count: 4 }
  if ((await site.target.run()) !== null) throw new Error('the run was to die')
}

/** Fails at the first list of data, once, after it has brought everything. */
const FAILING_RSYNC = `/usr/bin/rsync "$@"
code=$?
case "$*" in */data-*) rm "$0"; exit 23 ;; esac
exit $code`

export const SCENARIOS: readonly QuickScenario[] = [
  { name: 'incremental map', step: 'map', full: false, prepare: async (site, nextRound) => change(site, nextRound) },
  {
    name: 'incremental backup',
    step: 'target',
    full: false,
    prepare: changeAndMap,
  },
  {
    name: 'full map in the place of another one',
    step: 'full-map',
    full: true,
    prepare: changeAndMap,
  },
  {
    name: 'full backup',
    step: 'target',
    full: true,
    prepare: async (site, nextRound) => {
      change(site, nextRound)
      await site.source.map({ full: true })
    },
  },
  {
    name: 'full map of the same snapshot for a target that is between',
    step: 'target',
    full: true,
    prepare: async (site, nextRound) => {
      await changeAndMap(site, nextRound)
      await dieInData(site)
      await site.source.abort()
      await site.source.map({ full: true })
    },
  },
  {
    name: 'full map of a later snapshot for a target that is between',
    step: 'target',
    full: true,
    prepare: async (site, nextRound) => {
      await changeAndMap(site, nextRound)
      await dieInData(site)
      await site.source.abort()
      site.source.snapshot()
      await site.source.map({ full: true })
    },
  },
  {
    name: 'backup for which rsync fails and does not say why',
    step: 'target',
    exitCode: 1,
    full: false,
    prepare: async (site, nextRound) => {
      changeCrashTree(site.source.fs, nextRound())
      site.source.snapshot()
      await site.source.map()
      site.target.program('rsync', FAILING_RSYNC)
    },
  },
  {
    name: 'abort',
    step: 'abort',
    full: false,
    prepare: async (site, nextRound) => {
      await changeAndMap(site, nextRound)
      await site.source.init()
    },
  },
  {
    name: 'dry run',
    step: 'dry-run',
    full: false,
    prepare: changeAndMap,
  },
  { name: 'verification', step: 'verify', full: false, differenceCount: 0, prepare: async () => undefined },
  {
    name: 'verification that goes on',
    step: 'verify',
    full: false,
    differenceCount: 0,
    prepare: async ({ verification }) => {
      const dead = () => {
        throw new Error('died')
      }
      await verification.verify(dead).catch(() => undefined)
    },
  },
  {
    name: 'comparison that finds nothing',
    step: 'compare',
    full: false,
    differenceCount: 0,
    prepare: ({ verification }) => verification.verify(),
  },
  {
    name: 'comparison that finds a difference',
    step: 'compare',
    full: false,
    differenceCount: 1,
    prepare: async ({ verification }) => {
      await verification.verify()
      await verification.compareAlone()
      verification.flip()
    },
  },
  {
    name: 'sample',
    step: 'sample',
    full: false,
    differenceCount: 0,
    prepare: async ({ verification }) => {
      await verification.verify()
      await verification.compare()
    },
  },
]
