import type { ConfKey, ConfManual, PageContext } from './manual-types.js'
import { bold, heading, item, page, pageTitle, roffText } from './roff.js'

/** `lustrebackup.conf(5)`. */
export function confPage(manual: ConfManual, context: PageContext): string {
  return page(
    pageTitle('lustrebackup.conf', 5, context.version),
    heading('NAME', 'lustrebackup.conf \\- configuration of lustrebackup'),
    heading('SYNOPSIS', bold('/etc/lustrebackup.conf')),
    heading('DESCRIPTION', ...paragraphs(manual.preamble)),
    ...manual.sections.map((section) => heading(`"[${section.name}]"`, ...section.keys.map(keyItem))),
    heading('EXIT STATUS', 'A command that finds something wrong with the file names all of it at once, and ends with 2.'),
    heading('SEE ALSO', `${bold('lustrebackup')}(7), ${bold('lustrebackup_doctor')}(8)`),
  )
}

function keyItem(key: ConfKey): string {
  const remark = key.remark === null ? [] : [key.remark]
  const example = key.value === '' ? [] : ['.br', `Example: ${bold(`${key.name} = ${key.value}`)}`]
  return item(bold(key.name), ...paragraphs([...key.comment, ...remark]), ...example)
}

/** Comment lines flow; an indented one begins a line. */
function paragraphs(lines: readonly string[]): string[] {
  return lines.flatMap((line) => (/^\s/.test(line) ? ['.br', roffText(line.trim())] : [roffText(line)]))
}
