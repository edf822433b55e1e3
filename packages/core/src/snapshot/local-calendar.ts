const MILLISECONDS_A_DAY = 86_400_000

/** Local calendar of a time zone such as `Europe/Copenhagen`. */
export interface LocalCalendar {
  /** The calendar day that a unix time falls on, in days since 1970-01-01. */
  day(timestamp: number): number
  /** `2026-11-23 02:00:00 +0100` */
  text(timestamp: number): string
}

/** `RangeError` for a time zone that is not known. */
export function localCalendar(timeZone: string): LocalCalendar {
  const date = formatIn(timeZone, { year: 'numeric', month: '2-digit', day: '2-digit' })
  const time = formatIn(timeZone, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'longOffset' })
  return {
    day(timestamp) {
      const { year, month, day } = date(timestamp)
      return Date.UTC(Number(year), Number(month) - 1, Number(day)) / MILLISECONDS_A_DAY
    },
    text(timestamp) {
      const { year, month, day } = date(timestamp)
      const { hour, minute, second, timeZoneName } = time(timestamp)
      return `${year}-${month}-${day} ${hour}:${minute}:${second} ${offsetText(timeZoneName!)}`
    },
  }
}

/** The time zone of this process: TZ, or else that of the system; UTC where that is none that has a name. */
export function systemTimeZone(): string {
  const name: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone
  return name === undefined || name === 'Etc/Unknown' ? 'UTC' : name
}

function formatIn(timeZone: string, fields: Intl.DateTimeFormatOptions): (timestamp: number) => Record<string, string> {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, calendar: 'gregory', numberingSystem: 'latn', ...fields })
  return (timestamp) => Object.fromEntries(format.formatToParts(timestamp * 1000).map(({ type, value }) => [type, value]))
}

/** `GMT+01:00` → `+0100` */
function offsetText(name: string): string {
  const offset = name.slice('GMT'.length).replace(':', '')
  return offset === '' ? '+0000' : offset
}
