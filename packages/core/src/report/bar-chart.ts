import { escapeHtml, shortened } from './html-text.js'

export interface Bar {
  readonly label: string
  readonly value: number
  /** What stands beside the bar. */
  readonly text: string
}

const WIDTH = 860
const LABEL_WIDTH = 250
const TEXT_WIDTH = 190
const ROW = 26
const LABEL_CHARACTERS = 28

/** Bars from left to right, one below the other, as SVG; the longest is the greatest value. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const greatest = bars.reduce((most, { value }) => Math.max(most, value), 0)
  const height = bars.length * ROW
  const rows = bars.map((bar, index) => barRow(bar, index * ROW, greatest)).join('\n')
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}">\n${rows}\n</svg>`
}

function barRow({ label, value, text }: Bar, y: number, greatest: number): string {
  const room = WIDTH - LABEL_WIDTH - TEXT_WIDTH
  const width = greatest === 0 ? 0 : (value / greatest) * room
  // What is not nothing is seen.
  const shown = value > 0 ? Math.max(width, 1.5) : 0
  const middle = y + ROW / 2
  return [
    `<g><title>${escapeHtml(`${label}: ${text}`)}</title>`,
    `<text class="label" x="${LABEL_WIDTH - 10}" y="${middle}" text-anchor="end">${escapeHtml(shortened(label, LABEL_CHARACTERS))}</text>`,
    `<rect class="bar" x="${LABEL_WIDTH}" y="${y + 4}" width="${shown.toFixed(1)}" height="${ROW - 8}" rx="2"/>`,
    `<text class="value" x="${(LABEL_WIDTH + shown + 8).toFixed(1)}" y="${middle}">${escapeHtml(text)}</text></g>`,
  ].join('')
}
