/** Text for a manual page: nothing in it is taken for an instruction, and a minus stays one that can be copied. */
export function roffText(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(/[^\x20-\x7e\n]/gu, (character) => `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`)
    .replace(/^\./gm, '\\&.')
}

export function bold(text: string): string {
  return `\\fB${roffText(text)}\\fR`
}

export function italic(text: string): string {
  return `\\fI${roffText(text)}\\fR`
}

/** The value of an option: the brackets are only ours, the word is for the reader to replace. */
export function placeholder(value: string): string {
  return value
    .replace(/[\w-]+/g, (word) => `\0${word}\0`)
    .split('\0')
    .map((part, index) => (index % 2 === 1 ? italic(part) : roffText(part)))
    .join('')
}

export function pageTitle(name: string, section: number, version: string): string {
  return `.TH "${roffText(name.toUpperCase())}" "${section}" "" "lustrebackup ${roffText(version)}" "lustrebackup"\n.nh\n.ad l`
}

export function heading(title: string, ...body: readonly string[]): string {
  return body.length === 0 ? '' : [`.SH ${title}`, ...body].join('\n')
}

/** A tagged paragraph. */
export function item(tag: string, ...body: readonly string[]): string {
  return ['.TP', tag, ...body].join('\n')
}

/** Lines as they are, indented. */
export function verbatim(lines: readonly string[]): string {
  return ['.RS 4', '.nf', ...lines.map(roffText), '.fi', '.RE'].join('\n')
}

export function page(...parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n')}\n`
}
