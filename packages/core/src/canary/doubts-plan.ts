import type { CanaryMissing } from './canary-types.js'

/** What is wrong with the changelog of an MDT that lacks records of a canary, and the command that mends it. */
export function doubtInWords(fsname: string, number: number, { mdt, types, isAll }: CanaryMissing): string {
  const device = `${fsname}-${mdt}`
  if (isAll) {
    return `the changelog of ${mdt} shows nothing of what was done there to test it (canary ${number}): no changelog user is registered (on the MDS: lctl --device ${device} changelog_register)`
  }
  const mask = types.map((type) => `+${type}`).join(' ')
  return `the changelog of ${mdt} lacks the ${types.join(', ')} records of what was done there to test it (canary ${number}): its mask leaves them out (on the MGS: lctl set_param -P mdd.${device}.changelog_mask="${mask}")`
}

/** The changelog of an MDT was left out of the test. */
export function untestedMdtInWords(mdt: string, number: number): string {
  return `the changelog of ${mdt} was not tested (canary ${number})`
}

/** Nobody tested the changelogs before this snapshot was made. */
export function untestedInWords(snapshotName: string): string {
  return `the changelogs were not tested before ${snapshotName} was made: lustrebackup_snapshot_create on the source does that, and says so when it cannot`
}
