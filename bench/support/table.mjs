/** Rows of equal objects as a table of text. */
export function printTable(rows) {
  const columns = Object.keys(rows[0] ?? {})
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))]
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index].length)))
  for (const line of cells) process.stdout.write(`${line.map((cell, index) => cell.padEnd(widths[index])).join('  ')}\n`)
}

export function parseSize(text) {
  const [, digits, unit] = /^([0-9]+)([KMGT]?)$/.exec(text) ?? []
  if (digits === undefined) throw new Error(`${text} is no size such as 512M or 4G`)
  return Number(digits) * { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }[unit]
}
