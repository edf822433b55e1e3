import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Host, Site } from '@lustrebackup/lustresim/site/site'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSite, succeed } from '../backup/backup-site.js'
import { Program } from '../backup/program.js'
import { withSettings } from '../backup/settings.js'
import { makeSmallTree } from '../backup/small-tree.js'

let site: Site
beforeAll(async () => {
  site = await openSite()
  makeSmallTree(site.source.filesystem)
  site.source.filesystem.flush()
})
afterAll(() => site?.close())

const status = (host: Host, ...args: readonly string[]) => site.run(host, 'lustrebackup_status', ...args)

async function diagnosed(host: Host, ...args: readonly string[]) {
  const { exitCode, stdout } = await site.run(host, 'lustrebackup_doctor', '--json', ...args)
  const results = JSON.parse(stdout) as { check: string; verdict: string; text: string; mend: string | null }[]
  return { exitCode, wrong: results.filter(({ verdict }) => verdict === 'problem' || verdict === 'warning'), results }
}

/** What is right on this machine but for its rsync and its clock, which are not what is tested. */
const apart = ({ check }: { readonly check: string }) => !['rsync', 'clock', 'space'].includes(check)

/** In their order: each test goes on where the one before has ended. */
it('before the first backup both sides are critical, and the doctor finds nothing to mend', async () => {
  expect(await status(site.source, '--nagios')).toMatchObject({
    exitCode: 2,
    stdout: expect.stringMatching(/^LUSTREBACKUP CRITICAL - no backup was ever finished \| backlog_MDT0000=\d+ backlog_MDT0001=\d+\n$/),
  })
  expect((await status(site.target, '--role', 'target')).stdout).toMatch(/^target: critical\n {2}critical: no backup was ever finished\n/)
  for (const host of [site.source, site.target]) {
    const { exitCode, wrong } = await diagnosed(host)
    expect({ exitCode, wrong: wrong.filter(apart) }).toEqual({ exitCode: 0, wrong: [] })
  }
})

it('after a backup both are fine, until it is older than it may be', async () => {
  const name = (await succeed(site, site.source, 'lustrebackup_snapshot_create')).trim()
  await succeed(site, site.source, 'lustrebackup_source_map')
  await succeed(site, site.target, 'lustrebackup_target')
  site.source.filesystem.writeFile('docs/new', 'new')
  site.source.filesystem.flush()
  const source = await status(site.source, '--json')
  expect(source.exitCode).toBe(0)
  expect(JSON.parse(source.stdout)).toMatchObject({
    level: 'ok',
    problems: [],
    facts: { side: 'source', last: { snapshotName: name, owedCount: 0 }, unfinished: null, running: [], unproven: [] },
  })
  const { backlogs } = JSON.parse(source.stdout).facts as { backlogs: { recordCount: number; leftSeconds: number }[] }
  expect(backlogs.map(({ recordCount }) => recordCount > 0)).toContain(true)
  expect(await status(site.target)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`last backup:        ${name}, `) })
  expect((await status(site.target, '--nagios')).stdout).toMatch(
    new RegExp(`^LUSTREBACKUP OK - last backup ${name}, .* old \\| age=\\d+s owed=0\n$`),
  )
  expect(await status(site.target, '--max-age', '0s', '--nagios')).toMatchObject({
    exitCode: 2,
    stdout: expect.stringContaining('CRITICAL'),
  })
  expect((await status(site.target, '--max-age', 'long')).exitCode).toBe(2)
})

it('source_map --explain says why an entry is in the map, or is not', async () => {
  const explain = (what: string, ...more: readonly string[]) => site.run(site.source, 'lustrebackup_source_map', '--explain', what, ...more)
  const { filesystem } = site.source
  filesystem.chmod('docs/readme', 0o600)
  filesystem.writeFile('docs/short', 'short')
  const short = filesystem.fidOf('docs/short')
  filesystem.unlink('docs/short')
  filesystem.flush()
  await succeed(site, site.source, 'lustrebackup_snapshot_create')
  const before = await explain('docs/new')
  expect(before).toMatchObject({ exitCode: 0, stderr: '' })
  expect(before.stdout).toContain('The snapshot has no map yet')
  await succeed(site, site.source, 'lustrebackup_source_map')
  const made = (await explain('docs/new')).stdout
  expect(made).toMatch(/^ {2}MDT000\d \d+ {2}.* CREAT +flags 0x\d+ {2}new$/m)
  expect(made).toContain('Only the snapshot has it: it is created on the target.')
  expect(made).toMatch(/It is in the incremental map:\n {4}data: its content is transferred/)
  expect((await explain(join(site.source.mount, 'docs/readme'))).stdout).toContain('Both snapshots have it, with other mode.')
  expect((await explain('data/pipe')).stdout).toMatch(/It is not in the incremental map\.\n.*Nothing touched it/)
  const gone = JSON.parse((await explain(short, '--json')).stdout)
  expect(gone).toMatchObject({ fid: short, s1: { paths: [] }, map: { lines: [] }, recordCount: expect.any(Number) })
  expect(gone.decision.join()).toContain('It is in neither snapshot')
  expect((await explain('.lustrebackup')).stdout).toContain('None of its paths is backed up')
  expect(await explain('nothing/there')).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/has nothing\/there\n {2}what to do/) })
  expect(site.sim.mounts().filter(({ target }) => target.endsWith('.map'))).toEqual([])
})

it('a failure is critical, and never the code of a warning', async () => {
  const broken = withSettings(site.target, { LUSTRE: { data_mount: join(site.folder, 'not-mounted'), data_path: 'x' } })
  expect(await status(broken, '--nagios')).toMatchObject({
    exitCode: 2,
    stdout: expect.stringMatching(/^LUSTREBACKUP CRITICAL - cannot use/),
  })
  expect(await status(withSettings(site.target, { LUSTRE: { nonsense: '1' } }))).toMatchObject({ exitCode: 2, stdout: '' })
})

it('the doctor names what is wrong, each with a way to mend it, and goes on', async () => {
  const rsync = new Program(join(site.folder, 'bin'), 'rsync', ['echo "rsync  version 2.6.9  protocol version 29"'])
  const broken = withSettings(site.target, {
    BACKUP: { rsync_command: rsync.path },
    LUSTRE: { data_mount: join(site.folder, 'not-mounted'), data_path: 'x' },
    SOURCE: { host: 'nowhere.invalid' },
    SYSTEM: { ssh_config: '/dev/null' },
  })
  const { exitCode, wrong, results } = await diagnosed(broken)
  expect(exitCode).toBe(1)
  expect(wrong.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['rsync', 'mount', 'folders', 'ssh to the source', 'forced command']),
  )
  expect(wrong.every(({ mend }) => mend !== null && mend !== '')).toBe(true)
  expect(wrong.find(({ check }) => check === 'rsync')?.text).toContain('2.6.9 has known security problems')
  expect(results.find(({ check }) => check === 'MGS')?.verdict).toBe('ok')
  const config = await diagnosed(withSettings(site.target, { LUSTRE: { nonsense: '1' } }), '--role', 'target')
  expect(config.wrong).toMatchObject([{ check: 'configuration', text: expect.stringContaining('nonsense') }])
})

it('the doctor finds a key that may do anything, a changelog that nobody reads, and state that others may change', async () => {
  const keys = join(dirname(site.sshd.clientConfigFile), 'authorized_keys')
  const bound = readFileSync(keys, 'utf8')
  writeFileSync(keys, bound.slice(bound.indexOf('ssh-')))
  expect((await diagnosed(site.target)).wrong.filter(apart)).toEqual([
    expect.objectContaining({ check: 'forced command', verdict: 'problem', text: expect.stringContaining('may run anything') }),
  ])
  writeFileSync(keys, bound)
  site.source.filesystem.deregisterChangelog('cl1', 1)
  chmodSync(site.source.metaBasepath, 0o777)
  expect((await diagnosed(site.source)).wrong.filter(apart)).toEqual([
    expect.objectContaining({ check: 'folders', text: expect.stringContaining('can be changed by others than root') }),
    expect.objectContaining({ check: 'changelogs', verdict: 'problem', mend: expect.stringContaining('src-MDT0001 changelog_register') }),
  ])
  expect((await status(site.source)).stdout).toContain('critical: the changelog user cl1 is not registered on MDT0001')
})
