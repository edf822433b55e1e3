import type { MapPart } from '../backupmap/backupmap-types.js'
import { LustrebackupError } from '../errors/errors.js'
import { FULL_MAP_HINT } from '../errors/full-map-hint.js'
import { loadState, saveState } from '../state/state-file.js'
import { asArray, asBoolean, asCount, asFormat, asObject, asString } from '../state/state-shape.js'
import type { PreparedLists } from '../transfer/prepare-run.js'
import type { TransferList } from '../transfer/transfer-types.js'
import { intFromJson, jsonFromInt } from '../types/json-int.js'

const VERSION = 1

export function savePrepared(file: string, { data, attributes, ...facts }: PreparedLists): void {
  const lists = (some: readonly TransferList[]) => some.map((list) => ({ ...list, sizeBytes: jsonFromInt(list.sizeBytes) }))
  saveState(file, { format: 'lustrebackup-prepared', version: VERSION, data: lists(data), attributes: lists(attributes), ...facts })
}

export function loadPrepared(file: string): PreparedLists {
  return loadNeeded(file, (value) => {
    const fields = asFormat(value, 'lustrebackup-prepared', VERSION)
    const lists = (name: string) => asArray(fields[name], name).map(parseList)
    // What an earlier version left to be continued does not say it.
    const orUnknown = (name: string) => fields[name] === undefined || asBoolean(fields[name], name)
    return {
      data: lists('data'),
      attributes: lists('attributes'),
      root: asBoolean(fields.root, 'root'),
      hasLarge: orUnknown('hasLarge'),
      hasReleased: orUnknown('hasReleased'),
    }
  })
}

/** Parts that the comparison wrote, and what it removed. */
export interface Mirrored {
  readonly parts: readonly MapPart[]
  readonly removedCount: number
}

export function saveMirrored(file: string, mirrored: Mirrored): void {
  saveState(file, { format: 'lustrebackup-mirrored', version: VERSION, ...mirrored })
}

export function loadMirrored(file: string): Mirrored {
  return loadNeeded(file, (value) => {
    const fields = asFormat(value, 'lustrebackup-mirrored', VERSION)
    // Written by this software beside its own state: only what could not be read at all is worth a check.
    return { parts: asArray(fields.parts, 'parts') as readonly MapPart[], removedCount: asCount(fields.removedCount, 'removedCount') }
  })
}

function parseList(value: unknown): TransferList {
  const fields = asObject(value, 'a list')
  const sizeBytes = intFromJson(fields.sizeBytes)
  if (sizeBytes === null) throw new Error('sizeBytes of a list is not a number')
  // What an earlier version left to be continued does not have it.
  const isSmall = fields.isSmall !== undefined && asBoolean(fields.isSmall, 'isSmall')
  return { file: asString(fields.file, 'file'), pathCount: asCount(fields.pathCount, 'pathCount'), sizeBytes, isSmall }
}

/** A phase that was recorded as complete has left its result. */
export function loadNeeded<T>(file: string, parse: (value: unknown) => T): T {
  const loaded = loadState(file, parse)
  if (loaded !== null) return loaded
  throw new LustrebackupError('STATE_MISSING', `continuing the backup: ${file} is gone`, {
    hint: `Somebody removed files below meta_basepath. ${FULL_MAP_HINT}`,
  })
}
