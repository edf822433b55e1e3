import { decodeLine } from '../parts/line-fields.js'
import { type PartsOwner, readLines } from '../parts/line-reader.js'
import { jsonFromInt } from '../types/json-int.js'
import { jsonFromPath } from '../types/path-bytes.js'
import type { CoveredFile } from './coverage-types.js'

const OWNER: PartsOwner = {
  name: 'coverage',
  code: 'COVERAGE',
  hint: 'Remove the folder verify/coverage under meta_basepath: it is made anew by the next verifications.',
}

export function encodeCovered({ path, size, mtimeNs, checksum, state, verifiedAt }: CoveredFile): string {
  return JSON.stringify({
    path: jsonFromPath(path),
    size: jsonFromInt(size),
    mtimeNs: jsonFromInt(mtimeNs),
    checksum: checksum.toString('base64'),
    state,
    verifiedAt,
  })
}

/** The lines of one file in batches. */
export function readCovered(folder: string, file: string): AsyncGenerator<CoveredFile[]> {
  return readLines(folder, { file }, decodeCovered, OWNER)
}

function decodeCovered(line: string): CoveredFile | { readonly wrong: string } {
  return decodeLine(line, (fields) => ({
    path: fields.path('path'),
    size: fields.int('size', 0n),
    mtimeNs: fields.int('mtimeNs', -(2n ** 63n)),
    checksum: fields.checked(
      'checksum',
      (value) => (typeof value === 'string' && value !== '' ? Buffer.from(value, 'base64') : null),
      'base64',
    ),
    state: fields.count('state'),
    verifiedAt: fields.count('verifiedAt'),
  }))
}
