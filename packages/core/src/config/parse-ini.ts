import { parse } from 'ini'
import { CONFIG_KEYS, type ConfigProblem, type ConfigSection } from './config-keys.js'

/** Values as written, by section and key, and what is wrong with the file as such. */
export interface IniValues {
  readonly values: ReadonlyMap<ConfigSection, ReadonlyMap<string, string>>
  readonly problems: readonly ConfigProblem[]
}

/**
 * Reads the INI text. A comment is a whole line, or begins with a blank and `#` or `;` after a value: the ini package alone would cut
 * `a#b` and undo backslashes, so that each value is handed to it quoted.
 */
export function parseIni(text: string): IniValues {
  const problems: ConfigProblem[] = []
  const sections = parse(quoteValues(text, problems), { bracketedArray: false })
  const values = new Map<ConfigSection, ReadonlyMap<string, string>>()
  for (const [section, content] of Object.entries(sections)) {
    if (typeof content !== 'object' || content === null || !isSection(section)) {
      problems.push(unknownSection(section))
      continue
    }
    values.set(section, knownValues(section, content as Record<string, unknown>, problems))
  }
  return { values, problems }
}

function isSection(section: string): section is ConfigSection {
  return Object.hasOwn(CONFIG_KEYS, section)
}

function unknownSection(section: string): ConfigProblem {
  return { section, key: null, value: null, reason: `unknown section; known are ${Object.keys(CONFIG_KEYS).join(', ')}` }
}

function knownValues(section: ConfigSection, content: Record<string, unknown>, problems: ConfigProblem[]): ReadonlyMap<string, string> {
  const known: readonly string[] = CONFIG_KEYS[section]
  const values = new Map<string, string>()
  for (const [key, parsed] of Object.entries(content)) {
    const value = valueText(parsed)
    const problem = (reason: string) => problems.push({ section, key, value, reason })
    if (!known.includes(key)) problem(`unknown key; known are ${known.join(', ')}`)
    else if (value === null) problem('is given more than once')
    else values.set(key, value)
  }
  return values
}

/** The package makes booleans of `true` and `false`, and a list of a key that it has seen before, be it in another section. */
function valueText(parsed: unknown): string | null {
  if (Array.isArray(parsed)) return parsed.length === 1 ? valueText(parsed[0]) : null
  return typeof parsed === 'object' && parsed !== null ? null : String(parsed)
}

function quoteValues(text: string, problems: ConfigProblem[]): string {
  let section: string | null = null
  const quoted: string[] = []
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    const content = line.trim()
    if (content === '' || content.startsWith('#') || content.startsWith(';')) continue
    const header = /^\[([^\]]*)\]\s*(?:[#;].*)?$/.exec(content)
    if (header !== null) {
      section = header[1]!.trim()
      if (section === '__proto__') problems.push(unknownSection(section))
      quoted.push(`[${section.replaceAll('.', '\\.')}]`)
      continue
    }
    const equals = content.indexOf('=')
    const key = content.slice(0, Math.max(equals, 0)).trim()
    if (equals <= 0) problems.push({ section, key: null, value: content, reason: 'is not a [SECTION], a KEY = VALUE or a comment' })
    else if (section === null) problems.push({ section, key, value: null, reason: 'stands before the first [SECTION]' })
    else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) || key === '__proto__')
      problems.push({ section, key, value: null, reason: 'unknown key' })
    else quoted.push(`${key} = ${JSON.stringify(bareValue(content.slice(equals + 1)))}`)
  }
  return quoted.join('\n')
}

/** A value without its comment and without the quotes around it. */
function bareValue(text: string): string {
  const quotes = /^\s*(?:"([^"]*)"|'([^']*)')\s*(?:[#;].*)?$/.exec(text)
  if (quotes !== null) return quotes[1] ?? quotes[2] ?? ''
  return text.replace(/(?:^|\s)[#;].*$/, '').trim()
}
