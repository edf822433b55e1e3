/** A line without what would act on a terminal: names and messages of others may hold escape sequences. Tabs stay. */
export function printable(line: string): string {
  return line.replace(/[\0-\x08\x0a-\x1f\x7f\x80-\x9f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
