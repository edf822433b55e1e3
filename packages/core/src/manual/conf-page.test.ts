import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CONFIG_KEYS } from '../config/config-keys.js'
import { confPage } from './conf-page.js'
import { parseConfExample } from './parse-conf-example.js'

const EXAMPLE = readFileSync(new URL('../../../../etc/lustrebackup.conf.example', import.meta.url), 'utf8')
const manual = parseConfExample(EXAMPLE)

it('the example has every key in its section, each with an explanation', () => {
  const keys = Object.fromEntries(manual.sections.map(({ name, keys }) => [name, keys.map((key) => key.name).toSorted()]))
  expect(keys).toEqual(Object.fromEntries(Object.entries(CONFIG_KEYS).map(([name, names]) => [name, names.toSorted()])))
  const silent = manual.sections.flatMap(({ keys }) => keys).filter((key) => key.comment.length === 0 && key.remark === null)
  expect(silent.map((key) => key.name)).toEqual([])
})

it('the page has what the example says, line by line', () => {
  const page = confPage(manual, { version: '1.2.3', related: [] })
  const text = page
    .replace(/\\f[BIR]/g, '')
    .replaceAll('\\-', '-')
    .replaceAll('\\(aq', "'")
    .replaceAll('\\(ti', '~')
  for (const line of EXAMPLE.split('\n').filter((line) => line.startsWith('#'))) expect(text).toContain(line.slice(1).trim())
  for (const { keys } of manual.sections) for (const { name } of keys) expect(text).toContain(`.TP\n${name}\n`)
})

it('comments above a key, behind its value, and shared with the key before', () => {
  const text = '# top\n\n[A]\n# one\n#   two\nx = 1   # said\ny =\nz = a#b ; c\n\nlast = 2\n'
  expect(parseConfExample(text)).toEqual({
    preamble: ['top'],
    sections: [
      {
        name: 'A',
        keys: [
          { name: 'x', value: '1', comment: ['one', '  two'], remark: 'said' },
          { name: 'y', value: '', comment: ['one', '  two'], remark: null },
          { name: 'z', value: 'a#b', comment: [], remark: 'c' },
          { name: 'last', value: '2', comment: [], remark: null },
        ],
      },
    ],
  })
})
