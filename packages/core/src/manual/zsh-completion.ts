import { namesFile } from './bash-completion.js'
import type { CommandManual, ManualOption } from './manual-types.js'

/** Completion of a command for zsh, for a folder of `fpath`. */
export function zshCompletion(manual: CommandManual): string {
  const rows = manual.options.map(optionRow)
  const rest = manual.arguments.map(({ term }) => quote(`${term.includes('...') ? '*' : ''}:${escaped(term)}:_files`))
  return `#compdef ${manual.name}\n_arguments -s -S \\\n    ${[...rows, ...rest].join(' \\\n    ')}\n`
}

/** `'(-c --config)'{-c+,--config=}'[text]:value:_files'`: given once, in any of its forms. */
function optionRow(option: ManualOption): string {
  const { short, long, value } = option
  const action = value === null ? '' : `${value.startsWith('[') ? '::' : ':'}${escaped(value)}:${actionOf(option)}`
  const text = quote(`[${escaped(option.description)}]${action}`)
  const forms = [short && `${short}${value === null ? '' : '+'}`, long && `${long}${value === null ? '' : '='}`].filter(Boolean)
  return forms.length === 1 ? `${forms[0]}${text}` : `'(${short} ${long})'{${forms.join(',')}}${text}`
}

function actionOf(option: ManualOption): string {
  if (option.choices.length > 0) return `(${option.choices.join(' ')})`
  return namesFile(option) ? '_files' : ' '
}

function escaped(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
