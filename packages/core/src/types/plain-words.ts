/** Words separated by blanks, each of letters, digits and `_ . / + = : , @ % ~ -`; null when something else is in it. There is no quoting. */
export function splitPlainWords(text: string): string[] | null {
  const words = text.split(/\s+/).filter((word) => word !== '')
  return words.every((word) => /^[A-Za-z0-9_./+=:,@%~-]+$/.test(word)) ? words : null
}
