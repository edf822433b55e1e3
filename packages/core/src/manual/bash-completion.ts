import type { CommandManual, ManualOption } from './manual-types.js'

/** Completion of a command for bash; bash-completion loads it by the name of its file. */
export function bashCompletion(manual: CommandManual): string {
  const words = manual.options.flatMap(namesOf).join(' ')
  return `# bash completion of ${manual.name}
_${manual.name}() {
    local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    case $prev in
${valueCases(manual.options)}    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '${words}' -- "$cur")
${manual.arguments.length === 0 ? '' : `    else\n${FILES}`}    fi
}
complete -F _${manual.name} ${manual.name}
`
}

const FILES = `        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
`

function wordsOf(words: readonly string[]): string {
  return `        mapfile -t COMPREPLY < <(compgen -W '${words.join(' ')}' -- "$cur")\n`
}

/** Behind an option that needs a value: its choices, files where it names one, otherwise nothing, but no options. */
function valueCases(options: readonly ManualOption[]): string {
  const needing = options.filter(({ value }) => value?.startsWith('<'))
  const pattern = (chosen: readonly ManualOption[]) => chosen.flatMap(namesOf).join(' | ')
  const files = needing.filter(namesFile)
  const choosing = needing.filter(({ choices }) => choices.length > 0)
  const others = needing.filter((option) => !namesFile(option) && option.choices.length === 0)
  return [
    ...choosing.map((option) => `    ${pattern([option])})\n${wordsOf(option.choices)}        return\n        ;;\n`),
    files.length === 0 ? '' : `    ${pattern(files)})\n${FILES}        return\n        ;;\n`,
    others.length === 0 ? '' : `    ${pattern(others)}) return ;;\n`,
  ].join('')
}

function namesOf({ short, long }: ManualOption): string[] {
  return [short, long].filter((name) => name !== null)
}

/** Whether the value of an option is the name of a file or folder. */
export function namesFile({ value }: ManualOption): boolean {
  return /\b(path|file|dir)\b/.test(value ?? '')
}
