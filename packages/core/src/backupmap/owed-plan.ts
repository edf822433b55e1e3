import type { ObjectPlan, ObjectState, Step } from '../namespace/object-plan.js'
import type { Fid } from '../types/fid.js'

/**
 * What an owed object needs beyond its plan: the target may lack it where the snapshots say that nothing happened.
 * Its directory is made, and its other names are linked, once more; both are recognised where they are there already.
 */
export function planOwed(fid: Fid, s1: ObjectState | null, plan: ObjectPlan): Step[] {
  if (s1 === null || plan.fate !== 'kept') return []
  const paths = s1.links.map((link) => link.path)
  if (s1.attributes.type === 'd') return [{ kind: 'mkdir', entry: { fid, path: paths[0]!, ...s1.attributes, created: false } }]
  const anchor = plan.steps.find((step) => step.kind === 'data' || step.kind === 'attr')?.entry as { path: Buffer } | undefined
  if (anchor === undefined) return []
  const to = paths.find((path) => path.equals(anchor.path))!
  const planned = new Set(plan.steps.flatMap(({ kind, entry }) => (kind === 'link' ? [entry.path.toString('latin1')] : [])))
  return paths
    .filter((path) => path !== to && !planned.has(path.toString('latin1')))
    .map((path) => ({ kind: 'link', entry: { fid, path, type: s1.attributes.type, to } }))
}
