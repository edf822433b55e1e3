import { fail, ok } from '../types/result.js'
import type { Config } from './config-types.js'
import { decimalNumber, type ValueParser, wholeNumber } from './parse-value.js'

export const compareDays: ValueParser<number | 'always'> = (text) => {
  const days = wholeNumber(0, 3650)(text)
  return text === 'always' || days.ok
    ? ok(days.ok ? days.value : 'always')
    : fail('must be a number of days from 0 (off) to 3650, or "always"')
}

export const changePercent: ValueParser<number | null> = (text) => {
  const percent = decimalNumber(0, 100)(text)
  return text === 'off' || percent.ok ? ok(percent.ok ? percent.value : null) : fail('must be a percentage from 0 to 100, or "off"')
}

/** `100` files, `5%` of the files to transfer, or `off`. */
export const errorBudget: ValueParser<Config['backup']['maxErrors']> = (text) => {
  const isPercent = text.endsWith('%')
  const number = isPercent ? decimalNumber(0, 100)(text.slice(0, -1).trim()) : wholeNumber(0, 1e12)(text)
  if (text === 'off') return ok(null)
  if (!number.ok) return fail('must be a number of files, a percentage such as 5%, or "off"')
  return ok(isPercent ? { percent: number.value } : { count: number.value })
}
