import type { CanaryType } from './canary-types.js'

/** Files of a fresh generation; `linked` has the second name `linked-too`. */
export const CANARY_FILES = ['changed', 'linked', 'removed', 'renamed', 'written'] as const
export const CANARY_LINK = 'linked-too'
export const CANARY_SYMLINK = 'symlink'
/** Where `renamed` goes. */
export const CANARY_RENAMED = 'renamed-since'

const FRESH_NAMES = [...CANARY_FILES, CANARY_LINK, CANARY_SYMLINK].toSorted()

/** A folder of an earlier run, `MDT0000.12`, with what is in it. */
export interface CanaryGeneration {
  readonly folder: string
  readonly names: readonly string[]
}

/** `make` a folder on the MDT, `fill` it with fresh entries, `change` these in a later run, `remove` the folder in the one after that. */
export interface CanaryStep {
  readonly kind: 'make' | 'fill' | 'change' | 'remove'
  readonly folder: string
}

/**
 * What to do on one MDT. Each run makes a generation of entries, changes the one before it and removes what is older:
 * a comparison of states then shows every kind of change as well as a log does. What earlier runs left out, or left half done, is made up for first.
 */
export function planCanary(mdt: string, existing: readonly CanaryGeneration[]): CanaryStep[] {
  const own = existing.filter(({ folder }) => numberOf(mdt, folder) !== null)
  const newestFirst = own.toSorted((a, b) => numberOf(mdt, b.folder)! - numberOf(mdt, a.folder)!)
  const ready = newestFirst.find(({ names }) => names.toSorted().join('/') === FRESH_NAMES.join('/'))
  const old = newestFirst.filter((generation) => generation !== ready).map(({ folder }) => folder)
  let number = newestFirst.length === 0 ? 0 : numberOf(mdt, newestFirst[0]!.folder)!
  const steps: CanaryStep[] = []
  const make = (): string => {
    number += 1
    steps.push({ kind: 'make', folder: `${mdt}.${number}` })
    return `${mdt}.${number}`
  }
  const fill = (folder: string): string => {
    steps.push({ kind: 'fill', folder })
    return folder
  }
  const removable = old.length === 0 ? [make()] : old
  const changeable = ready?.folder ?? fill(make())
  fill(make())
  steps.push({ kind: 'change', folder: changeable })
  for (const folder of removable) steps.push({ kind: 'remove', folder })
  return steps
}

function numberOf(mdt: string, folder: string): number | null {
  const match = /^(MDT[0-9a-f]{4})\.([0-9]{1,15})$/.exec(folder)
  return match !== null && match[1] === mdt ? Number(match[2]) : null
}

/** What a record says: its type and the path, as it was before the step, of what the step happened to. */
export interface PlannedRecord {
  readonly type: CanaryType
  readonly path: string
}

/** The records that Lustre writes for a step, beside others. */
export function recordsOf({ kind, folder }: CanaryStep): PlannedRecord[] {
  const at = (type: CanaryType, name: string): PlannedRecord => ({ type, path: `${folder}/${name}` })
  switch (kind) {
    case 'make':
      return [{ type: 'MKDIR', path: folder }]
    case 'fill':
      return [
        ...CANARY_FILES.flatMap((name) => [at('CREAT', name), at('OPEN', name), at('CLOSE', name)]),
        at('HLINK', 'linked'),
        at('SLINK', CANARY_SYMLINK),
      ]
    case 'change':
      return [at('UNLNK', 'removed'), at('RENME', 'renamed'), at('SATTR', 'changed'), at('OPEN', 'written'), at('CLOSE', 'written')]
    case 'remove':
      return [{ type: 'RMDIR', path: folder }]
  }
}
