import { decodeLine } from '../parts/line-fields.js'
import { type PartsOwner, readLines } from '../parts/line-reader.js'
import { jsonFromPath } from '../types/path-bytes.js'
import { DIFFERENCE_ASPECTS, type DifferenceAspect, type VerifyDifference } from './difference-types.js'

const OWNER: PartsOwner = {
  name: 'list of differences',
  code: 'VERIFY_DIFFERENCES',
  hint: 'Start the verification again, without --resume.',
}

export function encodeDifference({ path, aspect, expected, found }: VerifyDifference): string {
  return JSON.stringify({ path: jsonFromPath(path), aspect, expected, found })
}

/** The lines of one file in batches. */
export function readDifferences(folder: string, file: string): AsyncGenerator<VerifyDifference[]> {
  return readLines(folder, { file }, decodeDifference, OWNER)
}

function decodeDifference(line: string): VerifyDifference | { readonly wrong: string } {
  const asText = (value: unknown) => (typeof value === 'string' ? { text: value } : null)
  const asAspect = (value: unknown) => (DIFFERENCE_ASPECTS.includes(value as DifferenceAspect) ? (value as DifferenceAspect) : null)
  return decodeLine(line, (fields) => ({
    path: fields.path('path'),
    aspect: fields.checked('aspect', asAspect, DIFFERENCE_ASPECTS.join(' ')),
    expected: fields.checked('expected', asText, 'a text').text,
    found: fields.checked('found', asText, 'a text').text,
  }))
}
