import { describe, expect, it } from 'vitest'
import { type ChangelogUsers, parseChangelogUsers, usersParameters } from './parse-changelog-users.js'
import { planUserWarnings, userWarningInWords } from './users-plan.js'

const DAY = 86_400

describe('parseChangelogUsers', () => {
  it('reads what a real lctl prints, and leaves other file systems out', () => {
    const output = `mdd.src-MDT0000.changelog_users=
current_index: 1269
ID                            index (idle) mask
cl1                               0 (1635)
cl4-backup                     1242 (5) mask=MARK,CREAT,MKDIR
mdd.src-MDT0001.changelog_users=
current_index: 1171
ID                            index (idle) mask
mdd.srcX-MDT0000.changelog_users=
current_index: 1
ID                            index (idle) mask
mdd.src-MDT0000.changelog_gc=0
mdd.src-MDT0001.changelog_gc=1
mdd.src-MDT0000.changelog_max_idle_time=1000
`
    const rest = { maxIdleSeconds: 2_592_000, maxIdleIndexes: 2_097_446_912n }
    expect(parseChangelogUsers(output, 'src')).toEqual([
      {
        mdt: 'MDT0000',
        lastIndex: 1269n,
        users: [
          { id: 'cl1', index: 0n, idleSeconds: 1635 },
          { id: 'cl4-backup', index: 1242n, idleSeconds: 5 },
        ],
        ...rest,
        isCollecting: false,
        maxIdleSeconds: 1000,
      },
      { mdt: 'MDT0001', lastIndex: 1171n, users: [], isCollecting: true, ...rest },
    ])
  })

  it('reads the older form, and nothing where there is nothing', () => {
    const output = 'mdd.src-MDT0000.changelog_users=\ncurrent index: 8\nID    index (idle seconds)\ncl1   7 (60)\n'
    expect(parseChangelogUsers(output, 'src')).toMatchObject([{ lastIndex: 8n, users: [{ id: 'cl1', index: 7n, idleSeconds: 60 }] }])
    expect(parseChangelogUsers("error: get_param: param_path 'mdd/…': No such file or directory\n", 'src')).toEqual([])
    expect(usersParameters('src')[0]).toBe('mdd.src-MDT*.changelog_users')
  })
})

/** One MDT whose user cl1 has been idle for so many days while so many records a day were written. */
function idle(idleDays: number, recordsPerDay: number, more: Partial<ChangelogUsers> = {}): ChangelogUsers {
  const lastIndex = 5n + BigInt(Math.round(idleDays * recordsPerDay))
  const users = [{ id: 'cl1-backup', index: 5n, idleSeconds: idleDays * DAY }]
  return { mdt: 'MDT0000', lastIndex, users, isCollecting: true, maxIdleSeconds: 30 * DAY, maxIdleIndexes: 2_097_446_912n, ...more }
}

const show = (found: ChangelogUsers, user = 'cl1') =>
  planUserWarnings([{ mdt: 'MDT0000', user }], [found]).map((warning) => userWarningInWords('src', warning))

describe('planUserWarnings', () => {
  // 100 million records a day: 6.6 days; a billion: 2.1 days, both by the product of seconds and records.
  it.each<[string, ChangelogUsers, RegExp | null]>([
    ['a quiet file system, half of 30 days', idle(15, 0), /for 15\.0 days, 0 records: Lustre removes it in about 15\.0 days/],
    ['a quiet file system, a little less', idle(14.9, 0), null],
    ['100 million records a day, after three days', idle(3, 1e8), null],
    ['100 million records a day, after four days', idle(4, 1e8), /400000000 records: Lustre removes it in about 2\.6 days/],
    ['a billion records a day, after a day and a half', idle(1.5, 1e9), /Lustre removes it in about 0\.6 days/],
    ['too late already', idle(40, 10), /Lustre removes it in about 0\.0 days/],
    ['a limit of records of its own', idle(4, 100, { maxIdleIndexes: 500n }), /Lustre removes it in about 1\.0 day,/],
    ['idle users are kept for ever', idle(40, 10, { isCollecting: false }), null],
  ])('%s', (_, found, expected) => {
    expect(show(found)).toEqual(expected === null ? [] : [expect.stringMatching(expected)])
  })

  it('tells a user that is not there, but nothing of an MDT that it cannot see', () => {
    expect(show(idle(0, 0), 'cl2')).toEqual([expect.stringMatching(/cl2 is not registered on MDT0000: .*--device src-MDT0000/)])
    expect(planUserWarnings([{ mdt: 'MDT0001', user: 'cl1' }], [idle(40, 0)])).toEqual([])
  })
})
