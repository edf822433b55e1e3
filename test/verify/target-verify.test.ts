import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Site, startCommand } from '@lustrebackup/lustresim/site/site'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { backup, openSite, succeed, withoutRsyncWarning } from '../backup/backup-site.js'
import { flipBit, plantDefects } from './plant-defects.js'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

let site: Site
const timestamps: number[] = []
beforeAll(async () => {
  site = await openSite()
  const fs = site.source.filesystem
  for (const folder of ['kept', 'defects', 'defects/folder', 'moving', 'moving/inner']) fs.mkdir(folder)
  for (const name of DEFECTS) fs.writeFile(`defects/${name}`, `content of ${name} `.repeat(50))
  for (let file = 0; file < 5; file += 1) fs.writeFile(`kept/file${file}`, `kept ${file}`)
  fs.writeFile('defects/large', Buffer.alloc(70 * 2 ** 20, 'large'))
  fs.setfacl('defects/acl', ['-m', 'u:1001:rw'])
  fs.setfacl('defects/folder', ['-d', '-m', 'u:1002:rx'])
  fs.setxattr('defects/xattr', 'user.note', 'kept')
  fs.link('defects/linked', 'defects/linked-too')
  fs.symlink('kept', 'defects/symlink')
  fs.symlink('../kept', 'moving/symlink')
  fs.writeFile('moving/inner/file', 'it moves')
  timestamps.push(await backup(site))
})
afterAll(() => site?.close())

const DEFECTS = ['bit', 'mode', 'owner', 'acl', 'xattr', 'mtime', 'truncated', 'missing', 'linked', 'alone', 'replaced']

const verifySource = (...args: readonly string[]) => succeed(site, site.source, 'lustrebackup_source_verify', ...args)

async function verifyTarget(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await site.run(site.target, 'lustrebackup_target_verify', '--json', ...args)
  expect(withoutRsyncWarning(stderr).replace(/^.*taking over a lock that a dead process left behind.*\n/m, '')).toBe('')
  return { exitCode, ...JSON.parse(stdout) }
}

/** Where the servers of the target keep its snapshot of a backup: what is changed there, nobody has recorded. */
function held(timestamp: number, path: string): string {
  const { core, snapshots } = site.target.filesystem
  const snapshot = snapshots.list().find(({ name }) => name === `src-backup-${timestamp}`)!
  return join(core.paths.snapshot(snapshot.fsname).tree, 'backup', path)
}

describe('a backup that is right', () => {
  it('is found so, whole', async () => {
    await verifySource()
    const printed = await succeed(site, site.target, 'lustrebackup_target_verify')
    expect(printed).toMatch(/^src-backup-\d+ compared with src-backup-\d+: no difference\ncovers: +everything\nobjects: /)
    expect(existsSync(join(site.target.metaBasepath, `verify/${timestamps[0]}.json`))).toBe(true)
    expect(await verifyTarget()).toMatchObject({ exitCode: 0, outcome: 'nothing-newer', start: timestamps[0] })
  })

  it('is found so after several more, with renames in each', async () => {
    const fs = site.source.filesystem
    fs.rename('moving', 'moved')
    fs.writeFile('moved/new', 'new')
    timestamps.push(await backup(site))
    fs.rename('moved/inner', 'inner')
    fs.rename('moved/new', 'inner/new')
    fs.overwrite('inner/file', 0, 'changed')
    timestamps.push(await backup(site))
    fs.mkdir('moved/inner')
    fs.rename('inner/file', 'moved/inner/file')
    timestamps.push(await backup(site))
    await verifySource()
    const { exitCode, verifications } = await verifyTarget()
    expect(exitCode).toBe(0)
    expect(verifications).toMatchObject([{ timestamp: timestamps[3], start: timestamps[0], whole: false, differenceCount: 0 }])
    // Only what changed was read.
    expect(verifications[0].counts.bytes).toBeLessThan(10_000)
  })
})

describe('each defect', () => {
  beforeAll(() => plantDefects((path) => held(timestamps[0]!, path)))

  it('is found and named with both values', async () => {
    const { exitCode, verifications } = await verifyTarget('-s', `${timestamps[0]}`, '-e', `${timestamps[0]}`)
    expect(exitCode).toBe(4)
    const found = verifications[0].differences.map((one: Record<string, string>) => Object.values(one).join(' | '))
    const [anyTime, anyDigest] = ['[-0-9]+ [0-9:.]+', '[0-9a-f]{32}']
    const expected = [
      'defects/acl | acl | user::rw-,user:1001:rw-,group::r--,mask::rw-,other::r-- | none',
      'defects/acl | mode | 0664 | 0644',
      'defects/alone | hardlinks | 1 name | 2 names',
      `defects/bit | content | ${anyDigest} | ${anyDigest}`,
      'defects/extra | extra | nothing | an entry',
      'defects/folder | default-acl | user::rwx,user:1002:r-x,group::r-x,mask::r-x,other::r-x | none',
      `defects/large | content | ${anyDigest} | ${anyDigest}`,
      'defects/linked-too | missing | file | nothing',
      'defects/missing | missing | file | nothing',
      'defects/mode | mode | 0644 | 0600',
      `defects/mtime | mtime | ${anyTime} | 1970-01-01 00:16:40.000000000`,
      'defects/owner | group | 0 | 4712',
      'defects/owner | owner | 0 | 4711',
      'defects/replaced | type | file | symlink',
      `defects/symlink | mtime | ${anyTime} | ${anyTime}`,
      'defects/symlink | symlink | kept | elsewhere',
      'defects/truncated | size | 1050 | 7',
      'defects/xattr | xattr | user.note=base64:a2VwdA== | no user.note',
    ]
    expect(found.toSorted()).toEqual(expected.map((line) => expect.stringMatching(new RegExp(`^${line.replaceAll('|', '\\|')}$`))))
    expect(verifications[0]).toMatchObject({ differenceCount: expected.length, byAspect: { content: 2, missing: 2 } })
    const { differenceFile } = verifications[0]
    expect(readFileSync(differenceFile, 'utf8').split('\n')).toHaveLength(expected.length + 1)
  })

  it('is not believed to be verified any more, and is told to people with exit code 4', async () => {
    expect(existsSync(join(site.target.metaBasepath, `verify/${timestamps[0]}.json`))).toBe(false)
    const { exitCode, stdout } = await site.run(
      site.target,
      'lustrebackup_target_verify',
      '-s',
      `${timestamps[0]}`,
      '-e',
      `${timestamps[0]}`,
    )
    expect(exitCode).toBe(4)
    expect(stdout).toMatch(/: 18 differences\n/)
    expect(stdout).toContain('  defects/mode: mode: 0644 on the source, 0600 on the target\n')
  })
})

describe('a comparison that was interrupted', () => {
  it('is resumed with what it had done, and ends the same', async () => {
    const args = ['-c', site.target.conf, '-s', `${timestamps[0]}`, '-e', `${timestamps[0]}`]
    const order = { LUSTREBACKUP_CRASH_AT: 'state-file.renamed done.json' }
    const program = join(site.prefix, 'bin/lustrebackup_target_verify')
    expect((await startCommand(program, [...args, '-i', '0'], order).result).exitCode).toBeNull()
    const { exitCode, verifications } = await verifyTarget('-s', `${timestamps[0]}`, '-e', `${timestamps[0]}`, '--resume')
    expect({ exitCode, ...verifications[0] }).toMatchObject({ exitCode: 4, resumed: true, differenceCount: 18 })
    expect(readdirSync(join(site.target.metaBasepath, 'tmp'))).toEqual([])
    expect(site.sim.mounts().filter(({ target }) => target.startsWith(site.target.snapshotHome))).toEqual([])
  })
})

describe('a sample', () => {
  it('reads what was verified the longest ago, and says when everything will have been read', async () => {
    const whole = await verifyTarget('--sample', '100')
    expect(whole).toMatchObject({ exitCode: 0, differences: [], runsToCover: 1 })
    expect([whole.bytes, whole.known.bytes]).toEqual([whole.treeBytes, whole.treeBytes])
    const small = await verifyTarget('--budget', '8K')
    expect(small).toMatchObject({ exitCode: 0, files: 2 })
    expect(small.runsToCover).toBeGreaterThan(2)
    const printed = await succeed(site, site.target, 'lustrebackup_target_verify', '--sample=25')
    expect(printed).toMatch(/^sample of src-backup-\d+: no difference\n/)
    expect(printed).toMatch(/^covered in: +4 runs like this: with one a day, 4 days$/m)
    const { stdout } = await site.run(site.target, 'lustrebackup_status')
    expect(stdout).toMatch(/^content read: +\d+ files, (.+) of \1, longest ago .*; 4 runs like the last one read all of it$/m)
  })

  it('finds a bit that was flipped since', async () => {
    flipBit(held(timestamps[3]!, 'kept/file3'), 2)
    const { exitCode, differences } = await verifyTarget('--sample', '100')
    expect(exitCode).toBe(4)
    expect(differences).toMatchObject([{ path: 'kept/file3', aspect: 'content' }])
  })

  it('is wrong usage together with a range', async () => {
    const { exitCode, stderr } = await site.run(site.target, 'lustrebackup_target_verify', '--sample', '1', '-s', '1')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('without --resume, --start, --end and --target')
  })
})
