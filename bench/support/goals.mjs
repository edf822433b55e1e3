import { printTable } from './table.mjs'

/**
 * What one run is measured by: `figure` says what `value` is, `atLeast` or `atMost` what it has to be (neither: it is shown beside the others).
 * Prints the rows, and returns them for the table of a whole run.
 */
export function printGoals(rows) {
  printTable(rows.map(goalRow))
  return rows
}

export function goalRow({ figure, value, atLeast, atMost }) {
  const goal = atLeast !== undefined ? `>= ${atLeast}` : atMost !== undefined ? `<= ${atMost}` : ''
  return { figure, value: value.toFixed(2), goal, '': isReached({ value, atLeast, atMost }) ? '' : 'missed' }
}

function isReached({ value, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }) {
  return value >= atLeast && value <= atMost
}
