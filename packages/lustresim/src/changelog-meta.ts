import { DEFAULT_MASK } from './record-types.js'

/** A registered reader of one MDT's changelog. Records stay until every one has cleared them. */
export interface ChangelogUser {
  /** `cl1`, or `cl1-name`. */
  readonly id: string
  /** The last record that this user has cleared. */
  readonly index: number
  readonly timeSeconds: number
  /** The mask given at registration, for show. */
  readonly mask: string | null
}

/** The bounds and users of one changelog: a small text file beside the records, which the C library reads and rewrites too. */
export interface ChangelogMeta {
  readonly first: number
  /** Where record `first` begins in the file of records. */
  readonly firstOffset: number
  readonly last: number
  readonly length: number
  readonly nextUser: number
  readonly mask: readonly string[]
  readonly users: readonly ChangelogUser[]
}

export const NEW_META: ChangelogMeta = { first: 1, firstOffset: 0, last: 0, length: 0, nextUser: 1, mask: DEFAULT_MASK, users: [] }

export function formatMeta(meta: ChangelogMeta): string {
  const lines = [
    'lustresim-changelog 1',
    `first ${meta.first}`,
    `first_offset ${meta.firstOffset}`,
    `last ${meta.last}`,
    `length ${meta.length}`,
    `next_user ${meta.nextUser}`,
    `mask ${meta.mask.join(',')}`,
    ...meta.users.map((user) => `user ${user.id} ${user.index} ${user.timeSeconds} ${user.mask ?? '-'}`),
  ]
  return `${lines.join('\n')}\n`
}

export function parseMeta(text: string): ChangelogMeta {
  const values = new Map<string, string>()
  const users: ChangelogUser[] = []
  for (const line of text.split('\n')) {
    const [key = '', ...rest] = line.split(' ')
    if (key === 'user') users.push(parseUser(rest))
    else values.set(key, rest.join(' '))
  }
  const number = (key: string) => Number(values.get(key) ?? 0)
  return {
    first: number('first'),
    firstOffset: number('first_offset'),
    last: number('last'),
    length: number('length'),
    nextUser: number('next_user'),
    mask: (values.get('mask') ?? '').split(','),
    users,
  }
}

function parseUser([id = '', index, time, mask]: readonly string[]): ChangelogUser {
  return { id, index: Number(index), timeSeconds: Number(time), mask: mask === undefined || mask === '-' ? null : mask }
}
