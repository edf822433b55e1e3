import type { Snapshot } from './snapshot-types.js'

/** Which state of which file system a snapshot of the target holds, as its comment says. */
export interface HeldState {
  readonly sourceFsname: string
  readonly sourceSnapshot: string
}

/** null for a snapshot whose comment names no source. */
export function heldStateOf({ comment }: Pick<Snapshot, 'comment'>): HeldState | null {
  const [sourceFsname, sourceSnapshot] = [commentField(comment, 'source_fsname'), commentField(comment, 'source_snapshot')]
  return sourceFsname === null || sourceSnapshot === null ? null : { sourceFsname, sourceSnapshot }
}

/** One of the fields of a comment, `name: value, name: value`; null = it has none of this name. */
export function commentField(comment: string | null, name: string): string | null {
  return new RegExp(`(?:^|, )${name}: ([^, ]+)`).exec(comment ?? '')?.[1] ?? null
}
