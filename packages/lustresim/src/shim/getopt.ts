/** Options as getopt_long reads them: `-F fs`, `-Ffs`, `--fsname fs`, `--fsname=fs`, bundled flags, operands anywhere. */
export interface ParsedOptions {
  readonly values: ReadonlyMap<string, string>
  readonly operands: readonly string[]
  /** The first option that is not known. */
  readonly unknown: string | null
}

/** `spec`: long name by short letter; a `:` after the letter means that it takes a value. */
export function parseOptions(args: readonly string[], spec: Readonly<Record<string, string>>): ParsedOptions {
  const short = new Map(Object.entries(spec).map(([letter, name]) => [letter[0]!, { name, takesValue: letter.endsWith(':') }]))
  const long = new Map([...short.values()].map((option) => [option.name, option]))
  const values = new Map<string, string>()
  const operands: string[] = []
  let unknown: string | null = null
  const queue = [...args]
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg === '--') {
      operands.push(...queue.splice(0))
    } else if (arg.startsWith('--')) {
      const [name, value] = splitOnce(arg.slice(2), '=')
      const option = long.get(name)
      if (option) values.set(option.name, option.takesValue ? (value ?? queue.shift() ?? '') : '')
      else unknown ??= arg
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let at = 1; at < arg.length; at++) {
        const option = short.get(arg[at]!)
        if (!option) unknown ??= `-${arg[at]}`
        else if (!option.takesValue) values.set(option.name, '')
        else {
          values.set(option.name, arg.slice(at + 1) || (queue.shift() ?? ''))
          break
        }
      }
    } else {
      operands.push(arg)
    }
  }
  return { values, operands, unknown }
}

export function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)]
}
