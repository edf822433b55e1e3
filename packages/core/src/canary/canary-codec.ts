import { showValue } from '../errors/show-value.js'
import { asArray, asCount, asObject, asString } from '../state/state-shape.js'
import { parseFid } from '../types/fid.js'
import { intFromJson, jsonFromInt } from '../types/json-int.js'
import { CANARY_TYPES, type Canary, type CanaryMdt, type CanaryType, type ExpectedRecord } from './canary-types.js'

/** As it is kept in the record of its snapshot. */
export function formatCanary({ madeAt, mdts }: Canary): object {
  return {
    madeAt,
    mdts: mdts.map((one) => ({ ...one, fromRecno: one.fromRecno === null ? null : jsonFromInt(one.fromRecno) })),
  }
}

export function parseCanary(value: unknown): Canary {
  const fields = asObject(value, 'canary')
  return { madeAt: asCount(fields.madeAt, 'madeAt'), mdts: asArray(fields.mdts, 'mdts').map(parseMdt) }
}

function parseMdt(value: unknown): CanaryMdt {
  const fields = asObject(value, 'an MDT of the canary')
  const fromRecno = fields.fromRecno === null ? null : intFromJson(fields.fromRecno)
  if (fields.fromRecno !== null && fromRecno === null) throw new Error('fromRecno is not a record number')
  return { mdt: asString(fields.mdt, 'mdt'), fromRecno, expected: asArray(fields.expected, 'expected').map(parseExpected) }
}

function parseExpected(value: unknown): ExpectedRecord {
  const fields = asObject(value, 'an expected record')
  const type = asString(fields.type, 'type') as CanaryType
  if (!CANARY_TYPES.includes(type)) throw new Error(`type is ${showValue(type)}, which no canary makes`)
  const fid = parseFid(asString(fields.fid, 'fid'))
  if (fid === null) throw new Error('fid is not a FID')
  return { type, fid, path: asString(fields.path, 'path') }
}
