const SHOWN_CHARACTERS = 100

/** A value that somebody else wrote, as a message shows it: in one line and short, however long or deep it is. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return `${JSON.stringify(value.slice(0, SHOWN_CHARACTERS))}${value.length > SHOWN_CHARACTERS ? '…' : ''}`
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return value === undefined ? 'missing' : String(value)
}
