import type { SnapshotPiece } from './snapshot-types.js'

/**
 * Roles of the file system that a snapshot lacks; empty = it is whole. lctl makes a snapshot without a target whose line is missing in
 * ldev.conf, and says nothing. `expectedRoles` are those known otherwise, such as the MDTs of the configuration.
 */
export function missingRoles(pieces: readonly SnapshotPiece[], expectedRoles: readonly string[]): string[] {
  const present = new Set(pieces.filter((piece) => piece.present).map(({ role }) => role))
  const expected = new Set([...expectedRoles, ...pieces.map(({ role }) => role)])
  return [...expected].filter((role) => !present.has(role)).toSorted()
}
