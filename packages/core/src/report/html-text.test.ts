import { expect, it } from 'vitest'
import { barChart } from './bar-chart.js'
import { columnChart } from './column-chart.js'
import { escapeHtml, shortened, shownPath } from './html-text.js'

it.each([
  ['<img src=x onerror="a" b=\'c\'> & co', '&lt;img src=x onerror=&quot;a&quot; b=&#39;c&#39;&gt; &amp; co'],
  ['a\x00\x1b[31m\u0085b', 'a??[31m?b'],
  ['half a pair: \ud800', 'half a pair: ?'],
  ['ä → 𝄞', 'ä → 𝄞'],
])('%j is no markup', (text, html) => {
  expect(escapeHtml(text)).toBe(html)
})

it('shows bytes that are no text, and marks that turn it round, as escapes', () => {
  expect(shownPath(Buffer.from('a/\xff', 'latin1'))).toBe('a/%FF')
  expect(shownPath(Buffer.from('\u202egnp.exe'))).toBe('%E2%80%AEgnp.exe')
  expect(shownPath(Buffer.alloc(0))).toBe('.')
})

it('shortens in the middle, by characters', () => {
  expect(shortened('abcdefgh', 8)).toBe('abcdefgh')
  expect(shortened('abcdefghi', 8)).toBe('abcd…ghi')
  expect(Array.from(shortened('𝄞'.repeat(9), 5))).toHaveLength(5)
})

it('draws charts of nothing and of one value without a figure that is none', () => {
  const column = { label: '<l>', value: 0, text: '"t"', marked: false }
  const charts = [
    barChart('b', []),
    barChart('b', [{ label: '<l>', value: 0, text: '0 B' }]),
    columnChart('c', [], String),
    columnChart('c', [column], String),
    columnChart('c', [{ ...column, value: 5 }], String),
  ]
  for (const chart of charts) expect(chart).not.toMatch(/NaN|Infinity|undefined|<l>/)
})
