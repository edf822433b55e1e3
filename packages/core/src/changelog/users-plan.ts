import type { ChangelogUser, ChangelogUsers } from './parse-changelog-users.js'

/** A changelog user of ours that is not there, or that Lustre will remove before long. */
export type UserWarning =
  | { readonly kind: 'missing'; readonly mdt: string; readonly user: string }
  | {
      readonly kind: 'idle'
      readonly mdt: string
      readonly user: string
      readonly idleSeconds: number
      /** Records that it has not cleared. */
      readonly idleRecords: bigint
      /** Until Lustre removes it, at the rate of records since it last cleared any. */
      readonly leftSeconds: number
    }

/** Lustre removes a user whose idle seconds times idle records exceed this. */
const MAX_IDLE_PRODUCT = 86_400 * 2 ** 32

/** Warns when half of the time that Lustre gives an idle user is over. `configured`: the user of each MDT. */
export function planUserWarnings(
  configured: readonly { readonly mdt: string; readonly user: string }[],
  found: readonly ChangelogUsers[],
): UserWarning[] {
  return configured.flatMap(({ mdt, user }): UserWarning[] => {
    const users = found.find((one) => one.mdt === mdt)
    if (users === undefined) return []
    const known = users.users.find(({ id }) => id === user || id.split('-')[0] === user)
    if (known === undefined) return [{ kind: 'missing', mdt, user }]
    const idleRecords = users.lastIndex > known.index ? users.lastIndex - known.index : 0n
    const leftSeconds = secondsLeft(users, known, Number(idleRecords))
    if (!users.isCollecting || known.idleSeconds < leftSeconds) return []
    return [{ kind: 'idle', mdt, user, idleSeconds: known.idleSeconds, idleRecords, leftSeconds }]
  })
}

/** Until Lustre removes a user that goes on clearing nothing, at the rate of records since it last cleared any. */
export function secondsLeft(
  users: Pick<ChangelogUsers, 'maxIdleSeconds' | 'maxIdleIndexes'>,
  { idleSeconds }: Pick<ChangelogUser, 'idleSeconds'>,
  idleRecords: number,
): number {
  const byTime = users.maxIdleSeconds - idleSeconds
  const recordsPerSecond = idleRecords / Math.max(idleSeconds, 1)
  if (recordsPerSecond === 0) return Math.max(byTime, 0)
  const byRecords = (Number(users.maxIdleIndexes) - idleRecords) / recordsPerSecond
  // (idle + left) * rate * (idle + left) reaches the limit.
  const byProduct = Math.sqrt(MAX_IDLE_PRODUCT / recordsPerSecond) - idleSeconds
  return Math.max(Math.floor(Math.min(byTime, byRecords, byProduct)), 0)
}

export function userWarningInWords(fsname: string, warning: UserWarning): string {
  if (warning.kind === 'missing') {
    return `the changelog user ${warning.user} is not registered on ${warning.mdt}: on the MDS, lctl --device ${fsname}-${warning.mdt} changelog_register, and see [LUSTRE] changelog_user`
  }
  const { mdt, user, idleSeconds, idleRecords, leftSeconds } = warning
  return `nothing was cleared for the changelog user ${user} of ${mdt} for ${days(idleSeconds)}, ${idleRecords} records: Lustre removes it in about ${days(leftSeconds)}, and then only a full map helps. Finish a backup before`
}

function days(seconds: number): string {
  const value = seconds / 86_400
  return `${value.toFixed(1)} ${value.toFixed(1) === '1.0' ? 'day' : 'days'}`
}
