export interface ChangelogUser {
  /** `cl1`, or `cl1-NAME`. */
  readonly id: string
  /** Last record that it has cleared. */
  readonly index: bigint
  /** Seconds since it cleared anything. */
  readonly idleSeconds: number
}

/** What an MDT says of the readers of its changelog, and when it gives up an idle one. */
export interface ChangelogUsers {
  readonly mdt: string
  readonly lastIndex: bigint
  readonly users: readonly ChangelogUser[]
  /** Idle users are removed at all. */
  readonly isCollecting: boolean
  readonly maxIdleSeconds: number
  readonly maxIdleIndexes: bigint
}

/** Defaults of Lustre. */
export const MAX_IDLE_SECONDS = 2_592_000
export const MAX_IDLE_INDEXES = 2_097_446_912n

/** Parameters to ask `lctl get_param` for. */
export function usersParameters(fsname: string): string[] {
  const names = ['changelog_users', 'changelog_gc', 'changelog_max_idle_time', 'changelog_max_idle_indexes']
  return names.map((name) => `mdd.${fsname}-MDT*.${name}`)
}

/** Reads what `lctl get_param` prints for them. MDTs that it says nothing of, because they are on other hosts, are missing. */
export function parseChangelogUsers(output: string, fsname: string): ChangelogUsers[] {
  const values = new Map<string, string>()
  let name = ''
  for (const line of output.split('\n')) {
    const parameter = /^(mdd\.[^=\s]+)=(.*)$/.exec(line)
    if (parameter !== null) name = parameter[1]!
    values.set(name, `${values.get(name) ?? ''}${parameter === null ? line : parameter[2]}\n`)
  }
  return [...values.keys()].flatMap((parameter) => {
    const mdt = /^mdd\.(.+)-(MDT[0-9a-f]{4})\.changelog_users$/.exec(parameter)
    return mdt?.[1] === fsname ? parseMdt(mdt[2]!, (kind) => values.get(`mdd.${fsname}-${mdt[2]}.${kind}`)?.trim() ?? '') : []
  })
}

function parseMdt(mdt: string, valueIn: (kind: string) => string): ChangelogUsers[] {
  const text = valueIn('changelog_users')
  const last = /^current[ _]index: ([0-9]{1,19})$/m.exec(text)
  if (last === null) return []
  const users = Array.from(text.matchAll(/^(cl[0-9]+\S*)\s+([0-9]{1,19})\s+\(([0-9]{1,15})\)/gm), ([, id, index, idle]) => ({
    id: id!,
    index: BigInt(index!),
    idleSeconds: Number(idle),
  }))
  const number = (kind: string) => (/^[0-9]{1,15}$/.test(valueIn(kind)) ? valueIn(kind) : null)
  return [
    {
      mdt,
      lastIndex: BigInt(last[1]!),
      users,
      isCollecting: valueIn('changelog_gc') !== '0',
      maxIdleSeconds: Number(number('changelog_max_idle_time') ?? MAX_IDLE_SECONDS),
      maxIdleIndexes: BigInt(number('changelog_max_idle_indexes') ?? MAX_IDLE_INDEXES),
    },
  ]
}
