const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/** `0 B`, `1023 B`, `1.5 KiB`, `12 GiB`: three digits at most. */
export function formatBytes(bytes: bigint | number): string {
  let value = Number(bytes)
  let unit = 0
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : (Math.round(value * 10) / 10).toString()} ${UNITS[unit]}`
}

/** `1 234 567`, in the same way everywhere; `noun` gets an s where it is not one. */
export function formatCount(count: bigint | number, noun?: string): string {
  const digits = count.toString().replace(/\B(?=(\d{3})+$)/g, ' ')
  return noun === undefined ? digits : `${digits} ${noun}${digits === '1' ? '' : 's'}`
}

/** `0.4 s`, `42 s`, `3 min 20 s`, `2 h 05 min`, `4 d 03 h`: the two largest units. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${(Math.round(Math.max(seconds, 0) * 10) / 10).toString()} s`
  const whole = Math.round(seconds)
  const pair = (large: number, small: number, names: readonly [string, string]) => {
    const rest = Math.floor((whole % large) / small)
    return `${Math.floor(whole / large)} ${names[0]}${rest === 0 ? '' : ` ${String(rest).padStart(2, '0')} ${names[1]}`}`
  }
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return pair(60, 1, ['min', 's'])
  return whole < 86_400 ? pair(3600, 60, ['h', 'min']) : pair(86_400, 3600, ['d', 'h'])
}

/** Unix seconds as `2026-11-23 04:05:06` in UTC, which source and target agree on. */
export function formatTimestamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
}

/** A line of a summary: label, colon, and the value in a column of its own. */
export function formatLine(label: string, value: string): string {
  return `${`${label}:`.padEnd(20)}${value}`
}
