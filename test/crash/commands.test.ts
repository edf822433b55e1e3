import { join } from 'node:path'
import type { CrashPointName } from '@lustrebackup/core/crash/crash-point-names'
import type { Host } from '@lustrebackup/lustresim/site/site'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PROPERTY_SEED } from '../seed.js'
import { COMMAND_POINTS } from './command-points.js'
import { CommandSite } from './command-site.js'
import { cutBackups, killInTransfer } from './cuts.js'
import { RandomSource } from './random-source.js'

/** Chooses where connections are cut; LUSTREBACKUP_SEED repeats a choice. */

let commands: CommandSite
const killed: CrashPointName[] = []
beforeAll(async () => {
  commands = await CommandSite.open()
  commands.change()
})
afterAll(() => commands?.close())

/** Kills a command at each of the points; what it has begun is there for the next one. */
async function killAtEach(host: Host, command: string, args: () => readonly string[], points: readonly CrashPointName[]): Promise<void> {
  for (const point of points) {
    const result = await commands.start(host, command, args(), point).result
    expect({ point, ...result }).toMatchObject({ point, exitCode: null })
    killed.push(point)
  }
}

/** In their order: each test goes on where the one before has ended. */
it('making a snapshot', async () => {
  const { source } = commands.site
  await killAtEach(source, 'lustrebackup_snapshot_create', () => ['-n', commands.snapshotName()], [
    'lock.written',
    'lock.linked',
    'lock.taken',
    'canary.filled',
    'canary.changed',
    'canary.removed',
    'canary.forgotten',
    'exec.ended',
  ])
  await commands.snapshot()
})

it('making a map', async () => {
  const { source } = commands.site
  await killAtEach(source, 'lustrebackup_source_map', () => [], ['mount-point.made', 'mount-point.removed'])
  await commands.succeed(source, 'lustrebackup_source_map')
})

it('a backup, on its way to the source', async () => {
  const { target } = commands.site
  await killAtEach(target, 'lustrebackup_target', () => [], ['ssh.connected', 'ssh.opened', 'ssh.ended'])
})

it.each([
  ['lustrebackup_source_init', 'exec.ended', 1],
  ['lustrebackup_source_done', 'changelog.cleared', 1],
  // One large file fails, and is copied at the second attempt.
  ['lustrebackup_source_filediff', 'filediff.answered', 0],
])('a backup of which %s dies', async (command, point, exitCode) => {
  if (exitCode === 0) await commands.somethingNew()
  commands.doors.crashAt(command, point)
  expect(await commands.site.run(commands.site.target, 'lustrebackup_target')).toMatchObject({ exitCode })
})

it('a backup whose programs are killed in the middle of a transfer says so each time', async () => {
  await commands.somethingNew()
  for (const victim of ['rsync', 'ssh', 'rsync of the source'] as const) {
    const { exitCode, stderr } = await killInTransfer(commands, victim)
    expect({ victim, exitCode, stderr }).toMatchObject({
      victim,
      exitCode: 1,
      stderr: expect.stringMatching(/transferring data .*\n {2}what to do: ./),
    })
  }
})

it(`a backup whose connection is cut at any byte (seed ${PROPERTY_SEED}) says so, or did not need it any more`, async () => {
  for (const { exitCode, stderr } of await cutBackups(commands, 3, new RandomSource(PROPERTY_SEED))) {
    if (exitCode !== 0) expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^ {2}what to do: ./m) })
    expect(stderr).not.toContain('this is a bug in lustrebackup')
  }
})

it('and then everything is as it should be', () => commands.finish())

it('destroying snapshots and cleaning up', async () => {
  const { source } = commands.site
  for (const point of ['verified.forgotten', 'snapshot-record.removed'] as const) {
    await commands.snapshot()
    const newest = commands.site.source.filesystem.snapshots.list()[0]!.name
    await killAtEach(source, 'lustrebackup_snapshot_destroy', () => ['-f', '-n', newest], [point])
  }
  await killAtEach(source, 'lustrebackup_snapshot_cleanup', () => ['-l'], ['snapshot-record.rebuilt'])
  leaveStaleMount()
  await killAtEach(source, 'lustrebackup_snapshot_cleanup', () => ['-o'], ['stale-mount.removed'])
  await commands.succeed(source, 'lustrebackup_snapshot_cleanup', '-l')
  await commands.somethingNew()
  await commands.finish()
})

/** The mount of a snapshot that is gone. */
function leaveStaleMount(): void {
  const { sim, source } = commands.site
  const { snapshots } = source.filesystem
  const name = commands.snapshotName()
  const { fsname } = snapshots.create(name)
  snapshots.mount(name)
  sim.mount(fsname, join(source.snapshotHome, `${name}.backup`), ['ro', 'user_xattr'])
  snapshots.destroy(name, true)
}

it('copying a file by hand', async () => {
  const { source, target } = commands.site
  const file = join(target.dataPath, 'still/large')
  const args = ['-S', '-oCompression=no', '-l', file, '-r', join(source.snapshotHome, 'some.backup/large')]
  await killAtEach(target, 'lustrebackup_target_filediff', () => args, ['system-ssh.started'])
})

it('has been killed at every point that only commands have', () => {
  console.info(`commands were killed at ${killed.length} crash points: ${killed.join(', ')}`)
  expect(COMMAND_POINTS.filter((point) => !killed.includes(point))).toEqual([])
})
