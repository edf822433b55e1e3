import { changeCrashTree, driftingFile } from './quick-change.js'
import type { QuickSite, QuickStep } from './quick-site.js'

/** A step that is killed, and what goes before it. */
export interface QuickScenario {
  readonly name: string
  readonly step: QuickStep
  /** Brings the site to where the step comes next. */
  prepare(site: QuickSite, round: number): Promise<void>
  /** What the step ends with when it is not killed. */
  readonly exitCode?: number
  /** The target needs a full map to come to an end. */
  readonly full: boolean
}

function change(site: QuickSite, round: number): void {
  site.target.damage(driftingFile(round - 1), 'remove')
  changeCrashTree(site.source.fs, round)
  site.source.snapshot()
}

async function changeAndMap(site: QuickSite, round: number): Promise<void> {
  change(site, round)
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
  { name: 'incremental map', step: 'map', full: false, prepare: async (site, round) => change(site, round) },
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
    prepare: async (site, round) => {
      change(site, round)
      await site.source.map({ full: true })
    },
  },
  {
    name: 'full map of the same snapshot for a target that is between',
    step: 'target',
    full: true,
    prepare: async (site, round) => {
      await changeAndMap(site, round)
      await dieInData(site)
      await site.source.abort()
      await site.source.map({ full: true })
    },
  },
  {
    name: 'full map of a later snapshot for a target that is between',
    step: 'target',
    full: true,
    prepare: async (site, round) => {
      await changeAndMap(site, round)
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
    prepare: async (site, round) => {
      changeCrashTree(site.source.fs, round)
      site.source.snapshot()
      await site.source.map()
      site.target.program('rsync', FAILING_RSYNC)
    },
  },
  {
    name: 'abort',
    step: 'abort',
    full: false,
    prepare: async (site, round) => {
      await changeAndMap(site, round)
      await site.source.init()
    },
  },
  {
    name: 'dry run',
    step: 'dry-run',
    full: false,
    prepare: changeAndMap,
  },
]
