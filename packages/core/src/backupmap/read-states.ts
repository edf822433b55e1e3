import { packPaths } from '@lustrebackup/lustreapi/path-list'
import type { ObjectState } from '../namespace/object-plan.js'
import { pathOutOfArea } from './area.js'
import type { Located } from './link-columns.js'
import { LookupFailure } from './lookup-failure.js'
import { attributesAt, readAttributeColumns } from './read-attributes.js'
import type { SnapshotSide } from './snapshot-side.js'

/** States of the located objects in one snapshot; null where it has none of the object in the backed-up area. Failures are noted in `located`. */
export async function readStates(side: SnapshotSide, located: readonly Located[]): Promise<(ObjectState | null)[]> {
  const there = located.filter((one) => one.failure === null && one.links.length > 0)
  const columns = await readAttributeColumns(side.tree, packPaths(there.map((one) => pathOutOfArea(side.area, one.links[0]!.path))))
  const rows = new Map(there.map((one, row) => [one, row]))
  return located.map((one) => {
    const row = rows.get(one)
    if (row === undefined) return null
    const failure = columns.failures.get(row)
    if (failure instanceof LookupFailure) {
      one.failure = failure
      return null
    }
    return { links: one.links, attributes: attributesAt(columns, row), dataVersion: null }
  })
}
