import { closeSync, constants } from 'node:fs'
import { smaller } from '../filediff/block-grid.js'
import { type LookContext, planFolder } from './folder-look-run.js'
import { hasLinks, LinkGroups } from './link-groups.js'
import { NO_COUNTS, type RestoreCounts, type RestoreFailure, type RestoreStep } from './restore-types.js'
import { type Selection, selectionOf } from './selection-plan.js'

export interface Survey {
  readonly counts: RestoreCounts
  /** Room that what is to be written takes, holes left out. */
  readonly neededBytes: bigint
  readonly failures: readonly RestoreFailure[]
}

export interface SurveyContext extends LookContext {
  readonly signal: AbortSignal
  /** Told of every entry, folders before what is in them. */
  onStep(step: RestoreStep): void
}

/** What a restore would do. Looks at everything and changes nothing; `place` is the folder that is restored into, null = it is still to be made. */
export async function runSurvey(context: SurveyContext, selection: Selection, place: number | null): Promise<Survey> {
  const sum = { ...NO_COUNTS, neededBytes: 0n }
  const failures: RestoreFailure[] = []
  const groups = new LinkGroups()
  const visit = async (path: Buffer, wanted: Selection, folder: number | null): Promise<void> => {
    context.signal.throwIfAborted()
    const plan = await planFolder(context, path, wanted, folder)
    failures.push(...plan.failures)
    for (const step of plan.entries) {
      context.onStep(step)
      if (step.action.kind === 'refuse') failures.push({ path: step.path, reason: step.action.reason })
      else count(sum, step, groups)
    }
    for (const { path: below, name, entry, action } of plan.entries) {
      if (entry.stat.type !== 'd' || action.kind === 'refuse') continue
      await within(context, action.kind === 'enter' ? folder : null, name, (inner) => visit(below, selectionOf(wanted, below)!, inner))
    }
  }
  await visit(Buffer.alloc(0), selection, place)
  const { neededBytes, ...counts } = sum
  return { counts, neededBytes, failures }
}

type Sum = { -readonly [K in keyof RestoreCounts]: RestoreCounts[K] } & { neededBytes: bigint }

function count(sum: Sum, { entry: { stat, allocatedBytes }, action }: RestoreStep, groups: LinkGroups): void {
  const writes = action.kind === 'create' || action.kind === 'replace' || action.kind === 'compare'
  const isMore = hasLinks(stat) && groups.firstOf(stat) !== null
  groups.add(stat, writes ? { path: Buffer.alloc(0), dev: stat.dev, ino: stat.ino } : null)
  if (action.kind === 'create') sum.created += 1
  if (action.kind === 'replace' || action.kind === 'compare') sum.replaced += 1
  if (action.kind === 'same') sum.same += 1
  if (action.kind === 'keep') sum.kept += 1
  if (stat.type === 'd' && writes) sum.folders += 1
  if (stat.type !== 'f' || !writes || isMore) return
  sum.files += 1
  sum.bytes += stat.size
  if (action.kind === 'create') sum.neededBytes += smaller(allocatedBytes, stat.size)
}

async function within(
  { api }: LookContext,
  parent: number | null,
  name: Buffer,
  use: (folder: number | null) => Promise<void>,
): Promise<void> {
  if (parent === null) return use(null)
  const fd = api.openFile(parent, name, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await use(fd)
  } finally {
    closeSync(fd)
  }
}
