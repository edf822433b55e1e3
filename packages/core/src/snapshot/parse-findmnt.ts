import { asArray, asObject, asString } from '../state/state-shape.js'

/** One mount, as findmnt lists it. */
export interface Mount {
  readonly source: string
  readonly target: string
  readonly fstype: string
  readonly options: readonly string[]
}

/** Columns that `parseFindmnt` reads. */
export const FINDMNT_ARGS = ['-J', '-l', '-o', 'SOURCE,TARGET,FSTYPE,OPTIONS'] as const

/** Reads `findmnt -J`; nothing found prints nothing. */
export function parseFindmnt(text: string): Mount[] {
  if (text.trim() === '') return []
  return asArray(asObject(JSON.parse(text)).filesystems, 'filesystems').map((entry) => {
    const mount = asObject(entry)
    return {
      source: asString(mount.source, 'source'),
      target: asString(mount.target, 'target'),
      fstype: asString(mount.fstype, 'fstype'),
      options: asString(mount.options, 'options').split(','),
    }
  })
}
