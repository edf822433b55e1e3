import { expect, it } from 'vitest'
import type { CommandSpec } from '../cli/command-types.js'
import { commandManual, summaryOf } from './command-manual.js'
import { commandPage, scriptPage } from './man-pages.js'
import { parseScriptHeader } from './parse-script-header.js'
import { placeholder, roffText } from './roff.js'

const spec: CommandSpec<object> = {
  name: 'lustrebackup_try',
  description: "Tries it: what's in C:\\folder. Then says so.",
  exitCodes: '0 it went well   1 it did not',
  declare: (program) =>
    void program
      .option('-n, --name <name>', 'a name', 'x')
      .option('--list [path]', '.lists a folder')
      .argument('<first>', 'must be there')
      .argument('[paths...]', 'files'),
  run: async () => undefined,
}
const context = { version: '1.2.3', related: [] }

it('a declaration is read as --help reads it', () => {
  const manual = commandManual(spec)
  expect(manual).toMatchObject({ usage: '[options] <first> [paths...]' })
  expect(manual.options.map(({ short, long, value }) => `${short} ${long} ${value}`)).toEqual([
    '-c --config <path>',
    '-v --verbose null',
    'null --json null',
    'null --no-progress null',
    '-V --version null',
    '-n --name <name>',
    'null --list [path]',
    '-h --help null',
  ])
  expect(manual.options.find(({ long }) => long === '--name')!.description).toBe('a name (default: "x")')
  expect(manual.arguments.map(({ term }) => term)).toEqual(['<first>', '[paths...]'])
  expect(manual.exitCodes).toEqual([
    { code: '0', meaning: 'it went well' },
    { code: '1', meaning: 'it did not' },
  ])
})

it('the codes of a command without its own are those of all', () => {
  const { exitCodes: _, ...common } = spec
  expect(commandManual(common).exitCodes.map(({ code }) => code)).toEqual(['0', '1', '2', '3', '4', '5', '6'])
})

it('a page has its parts, and nothing of the text becomes an instruction', () => {
  const page = commandPage(commandManual(spec), context)
  expect(page.match(/^\.SH .*/gm)).toEqual(
    ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'ARGUMENTS', 'OPTIONS', 'EXIT STATUS', 'FILES', 'SEE ALSO'].map((title) => `.SH ${title}`),
  )
  expect(page).toContain('lustrebackup_try \\- tries it\n')
  expect(page).toContain('what\\(aqs in C:\\efolder')
  expect(page).toContain('\n\\&.lists a folder\n')
  expect(page).toContain('.TP\n\\fB\\-n\\fR, \\fB\\-\\-name\\fR <\\fIname\\fR>\na name')
})

it.each([
  ['Says how it is: well.', 'says how it is'],
  ['Checks 1.5 times. Then ends.', 'checks 1.5 times'],
  ['Does one thing', 'does one thing'],
])('the summary of "%s"', (description, summary) => expect(summaryOf(description)).toBe(summary))

it.each([
  ['.SH X\n.B', '\\&.SH X\n\\&.B'],
  ['a\\b', 'a\\eb'],
  ['ü', '\\[u00FC]'],
])('%j is text', (text, roff) => expect(roffText(text)).toBe(roff))

it('the words of a value are for the reader to replace', () =>
  expect(placeholder('[options] <a-b>')).toBe('[\\fIoptions\\fR] <\\fIa\\-b\\fR>'))

it('a script is explained by the comment at its top', () => {
  const manual = parseScriptHeader(
    'try.sh',
    '#!/bin/sh\n# Runs it: well.\n#\n#   try.sh COMMAND\n#\n# More,\n# and more.\n\n# not this\nset -u\n',
  )
  expect(manual.paragraphs).toEqual(['Runs it: well.', '  try.sh COMMAND', 'More,\nand more.'])
  const page = scriptPage(manual, context)
  expect(page).toContain('try.sh \\- runs it\n')
  expect(page).toContain('.nf\ntry.sh COMMAND\n.fi')
})
