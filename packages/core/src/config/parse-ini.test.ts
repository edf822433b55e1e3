import { describe, expect, it } from 'vitest'
import { parseIni } from './parse-ini.js'

const value = (line: string) => parseIni(`[BACKUP]\nrsync_command ${line}`).values.get('BACKUP')?.get('rsync_command')

describe('a value', () => {
  it.each([
    ['= /usr/bin/rsync', '/usr/bin/rsync'],
    ['=/usr/bin/rsync   # comment', '/usr/bin/rsync'],
    ['= a\t; comment', 'a'],
    ['= a#b;c', 'a#b;c'],
    ['= # only a comment', ''],
    ['=', ''],
    ['= "a # b" # comment', 'a # b'],
    ["= 'a ; b'", 'a ; b'],
    ['= a = b', 'a = b'],
    ['= C:\\new\\;x', 'C:\\new\\;x'],
    ['= "quoted" and not', '"quoted" and not'],
    ['= true', 'true'],
    ['= null', 'null'],
    ['= 0010', '0010'],
    ['= [x]', '[x]'],
  ])('%s', (line, expected) => {
    expect(value(line)).toBe(expected)
  })

  it('survives Windows line ends and a byte order mark', () => {
    expect([...parseIni('\uFEFF[SOURCE] ; c\r\nhost = a\r\nconf = b\r\n').values.get('SOURCE')!]).toEqual([
      ['host', 'a'],
      ['conf', 'b'],
    ])
  })
})

describe('problems', () => {
  const reasons = (text: string) => parseIni(text).problems.map(({ section, key, reason }) => `${section} ${key} ${reason.split(';')[0]}`)
  it.each([
    ['[NOPE]\nx = 1', 'NOPE null unknown section'],
    ['[__proto__]\nx = 1', '__proto__ null unknown section'],
    ['[constructor]\nx = 1', 'constructor null unknown section'],
    ['[GLOBAL.logdir]', 'GLOBAL.logdir null unknown section'],
    ['[source]', 'source null unknown section'],
    ['[SOURCE]\n__proto__ = x', 'SOURCE __proto__ unknown key'],
    ['[SOURCE]\nhost[] = x', 'SOURCE host[] unknown key'],
    ['[SOURCE]\ntoString = x', 'SOURCE toString unknown key'],
    ['[SOURCE]\nHost = x', 'SOURCE Host unknown key'],
    ['[SOURCE]\nhost', 'SOURCE null is not a [SECTION], a KEY = VALUE or a comment'],
    ['[SOURCE\nhost = x', 'null null is not a [SECTION], a KEY = VALUE or a comment'],
    ['host = x\n[SOURCE]', 'null host stands before the first [SECTION]'],
    ['[SOURCE]\nhost = x\nhost = y', 'SOURCE host is given more than once'],
    ['[SOURCE]\nhost = x\n[GLOBAL]\n[SOURCE]\nhost = y', 'SOURCE host is given more than once'],
  ])('%j', (text, expected) => {
    expect(reasons(text)).toContain(expected)
  })

  it('of one file come together, and leave prototypes alone', () => {
    expect(reasons('[SOURCE]\na = 1\nb = 2\n[X]\ny = 1')).toHaveLength(3)
    expect(({} as { a?: string }).a).toBeUndefined()
  })
})
