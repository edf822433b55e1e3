import type { ConfKey, ConfManual, ConfSection } from './manual-types.js'

/**
 * Reads the commented example: what explains a key stands above it, or behind its value. A key with neither shares the comment of the key
 * in the line before it.
 */
export function parseConfExample(text: string): ConfManual {
  const preamble: string[] = []
  const sections: { name: string; keys: ConfKey[] }[] = []
  let comment: string[] = []
  let above: readonly string[] = []
  for (const line of text.split('\n')) {
    const section = sections.at(-1)
    const title = /^\[(\w+)\]$/.exec(line)
    const key = /^(\w+) =\s*(.*)$/.exec(line)
    if (line.startsWith('#')) (section === undefined ? preamble : comment).push(line.replace(/^# ?/, ''))
    else if (title !== null) sections.push({ name: title[1]!, keys: [] })
    else if (key !== null && section !== undefined) {
      const rest = valueAndRemark(key[2]!)
      above = comment.length > 0 || rest.remark !== null ? comment : above
      section.keys.push({ name: key[1]!, ...rest, comment: above })
      comment = []
    } else above = []
  }
  return { preamble, sections: sections satisfies readonly ConfSection[] }
}

function valueAndRemark(text: string): Pick<ConfKey, 'value' | 'remark'> {
  const [, value = '', remark = null] = /^(.*?)(?:(?:^|\s+)[#;]\s*(.*))?$/.exec(text) ?? []
  return { value, remark }
}
