import type { Help, Option } from 'commander'
import { buildProgram, exitCodesOf } from '../cli/build-program.js'
import type { CommandSpec } from '../cli/command-types.js'
import type { CommandManual, ManualExitCode, ManualOption } from './manual-types.js'

/** Reads a command's declaration with the same functions as `--help`. */
export function commandManual<Options extends object>(spec: CommandSpec<Options>): CommandManual {
  const program = buildProgram(spec, { stdout: () => undefined, stderr: () => undefined })
  const help = program.createHelp()
  return {
    name: spec.name,
    description: help.commandDescription(program),
    usage: program.usage(),
    options: help.visibleOptions(program).map((option) => manualOption(option, help)),
    arguments: program.registeredArguments.map((argument) => ({
      term: argument.required ? `<${help.argumentTerm(argument)}>` : `[${help.argumentTerm(argument)}${argument.variadic ? '...' : ''}]`,
      description: help.argumentDescription(argument),
    })),
    exitCodes: parseExitCodes(exitCodesOf(spec)),
  }
}

function manualOption(option: Option, help: Help): ManualOption {
  const value = /[<[].*$/.exec(option.flags)
  return {
    short: option.short ?? null,
    long: option.long ?? null,
    value: value === null ? null : value[0],
    choices: option.argChoices ?? [],
    description: help.optionDescription(option),
  }
}

/** `0 done   1 failed`, on one or several lines: a number and its meaning, three blanks between two of them. */
function parseExitCodes(text: string): ManualExitCode[] {
  return text.split(/\s{2,}/).flatMap((item) => {
    const match = /^(\d+) (.+)$/.exec(item.trim())
    return match === null ? [] : [{ code: match[1]!, meaning: match[2]! }]
  })
}

/** The first sentence of a description, without its full stop and with a small first letter: what a manual's NAME line says. */
export function summaryOf(description: string): string {
  const sentence = /^(.+?)(?:[.:](?=\s|$)|$)/s.exec(description)?.[1] ?? description
  return `${sentence.slice(0, 1).toLowerCase()}${sentence.slice(1)}`
}
