import { escapeHtml } from './html-text.js'

export interface Column {
  /** Below the column, where there is room. */
  readonly label: string
  readonly value: number
  /** Everything about it, shown under the mouse. */
  readonly text: string
  /** Something about it needs attention. */
  readonly marked: boolean
}

const WIDTH = 860
const HEIGHT = 190
const LEFT = 90
const TOP = 12
const BOTTOM = 26
const COLUMN_MAX = 46
/** Room for a date, so that labels do not meet. */
const LABEL_WIDTH = 100

/** Columns from left to right, as SVG, with the greatest value as the only line: it tells the scale. */
export function columnChart(title: string, columns: readonly Column[], format: (value: number) => string): string {
  const greatest = columns.reduce((most, { value }) => Math.max(most, value), 0)
  const step = Math.min((WIDTH - LEFT) / Math.max(columns.length, 1), COLUMN_MAX)
  const labelStep = Math.ceil(LABEL_WIDTH / step)
  const base = HEIGHT - BOTTOM
  const drawn = columns.map((column, index) => {
    const height = greatest === 0 ? 0 : (column.value / greatest) * (base - TOP)
    const x = LEFT + index * step
    // Counted from the last, which is the one that the reader looks for.
    const labelled = (columns.length - 1 - index) % labelStep === 0
    return [
      `<g><title>${escapeHtml(column.text)}</title>`,
      `<rect class="hit" x="${x.toFixed(1)}" y="${TOP}" width="${step.toFixed(1)}" height="${base - TOP}"/>`,
      `<rect class="${column.marked ? 'bar marked' : 'bar'}" x="${(x + step * 0.1).toFixed(1)}" y="${(base - height).toFixed(1)}" width="${(step * 0.8).toFixed(1)}" height="${height.toFixed(1)}"/>`,
      labelled
        ? `<text class="axis" x="${(x + step).toFixed(1)}" y="${HEIGHT - 8}" text-anchor="end">${escapeHtml(column.label)}</text>`
        : '',
      '</g>',
    ].join('')
  })
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">`,
    `<line class="grid" x1="${LEFT}" y1="${TOP}" x2="${WIDTH}" y2="${TOP}"/><line class="grid" x1="${LEFT}" y1="${base}" x2="${WIDTH}" y2="${base}"/>`,
    `<text class="axis" x="${LEFT - 8}" y="${TOP + 5}" text-anchor="end">${escapeHtml(format(greatest))}</text>`,
    `<text class="axis" x="${LEFT - 8}" y="${base}" text-anchor="end">${escapeHtml(format(0))}</text>`,
    ...drawn,
    '</svg>',
  ].join('\n')
}
