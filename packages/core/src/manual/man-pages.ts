import { summaryOf } from './command-manual.js'
import type { CommandManual, ManualOption, PageContext, ScriptManual } from './manual-types.js'
import { bold, heading, item, page, pageTitle, placeholder, roffText, verbatim } from './roff.js'

export const COMMAND_SECTION = 8

/** The manual page of a command. */
export function commandPage(manual: CommandManual, context: PageContext): string {
  return page(
    pageTitle(manual.name, COMMAND_SECTION, context.version),
    heading('NAME', `${roffText(manual.name)} \\- ${roffText(summaryOf(manual.description))}`),
    heading('SYNOPSIS', `${bold(manual.name)} ${placeholder(manual.usage)}`),
    heading('DESCRIPTION', roffText(manual.description)),
    heading('ARGUMENTS', ...manual.arguments.map((argument) => item(placeholder(argument.term), roffText(argument.description)))),
    heading('OPTIONS', ...manual.options.map((option) => item(optionTag(option), roffText(option.description)))),
    heading('EXIT STATUS', ...manual.exitCodes.map(({ code, meaning }) => item(bold(code), roffText(meaning)))),
    heading('FILES', item(bold('/etc/lustrebackup.conf'), `The configuration; see ${bold('lustrebackup.conf')}(5).`)),
    seeAlso(),
  )
}

/** The manual page of a shell script, from the comment at its top. Its first paragraph says what it is. */
export function scriptPage(manual: ScriptManual, context: PageContext): string {
  return page(
    pageTitle(manual.name, COMMAND_SECTION, context.version),
    heading('NAME', `${roffText(manual.name)} \\- ${roffText(summaryOf(manual.paragraphs[0] ?? ''))}`),
    heading('DESCRIPTION', ...manual.paragraphs.flatMap((paragraph) => ['.PP', prose(paragraph)])),
    seeAlso(),
  )
}

/** The overview: which commands there are. */
export function overviewPage(context: PageContext): string {
  const files = context.related.map(({ name, summary }) => item(`${bold(name)}(${COMMAND_SECTION})`, roffText(summary)))
  return page(
    pageTitle('lustrebackup', 7, context.version),
    heading('NAME', 'lustrebackup \\- incremental, exact, restartable backup of Lustre file systems'),
    heading(
      'DESCRIPTION',
      'The target drives a backup, over ssh; the source answers a few fixed commands and nothing else.',
      '.SS Commands',
      ...files,
    ),
    heading('SEE ALSO', `${bold('lustrebackup.conf')}(5)`),
  )
}

function optionTag({ short, long, value }: ManualOption): string {
  const names = [short, long].filter((name) => name !== null).map(bold)
  return `${names.join(', ')}${value === null ? '' : ` ${placeholder(value)}`}`
}

/** A paragraph that begins with blanks is an example. */
function prose(paragraph: string): string {
  return /^\s/.test(paragraph) ? verbatim(paragraph.split('\n').map((line) => line.trim())) : roffText(paragraph)
}

function seeAlso(): string {
  return heading('SEE ALSO', `${bold('lustrebackup')}(7), ${bold('lustrebackup.conf')}(5)`)
}
