import { asObject, asString } from '../state/state-shape.js'
import type { Owed } from '../transfer/owed-types.js'
import { parseFid } from '../types/fid.js'
import { jsonFromPath, pathFromJson } from '../types/path-bytes.js'

export function formatOwed({ fid, path, reason }: Owed): object {
  return { fid, path: jsonFromPath(path), reason }
}

export function parseOwed(value: unknown): Owed {
  const fields = asObject(value, 'owed')
  const [fid, path] = [parseFid(asString(fields.fid, 'fid')), pathFromJson(fields.path)]
  if (fid === null || path === null) throw new Error('an owed entry has no FID or no path')
  return { fid, path, reason: asString(fields.reason, 'reason') }
}
