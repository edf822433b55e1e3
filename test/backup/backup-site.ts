import { type CommandResult, type Host, Site, type SiteOptions } from '@lustrebackup/lustresim/site/site'
import { expect } from 'vitest'
import { installedPrefix } from './installed-prefix.js'

/** That of the first snapshot. A name may carry any time that is over. */
const FIRST_TIMESTAMP = 1_000_000_000

const made = new WeakMap<Site, number>()

/** A site with the commands of this build, and two MDTs on the source. */
export function openSite(options: Omit<SiteOptions, 'prefix'> = {}): Promise<Site> {
  return Site.create({ prefix: installedPrefix(), mdts: 2, ...options })
}

export const SUCCESS = { exitCode: 0, stderr: '' }

/** Runs a command that has to succeed without a word on stderr; gives what it printed. */
export async function succeed(site: Site, host: Host, command: string, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await site.run(host, command, ...args)
  expect({ command, exitCode, stderr: withoutRsyncWarning(stderr) }).toEqual({ command, ...SUCCESS })
  return stdout
}

/** What a command said on stderr, without the advice that depends on the rsync of this machine. */
export function withoutRsyncWarning(stderr: string): string {
  return stderr.replace(/^.*this rsync has known security problems.*\n/gm, '')
}

/** Takes a snapshot of the source, each a second later than the one before. Gives its timestamp. */
export async function snapshot(site: Site): Promise<number> {
  const timestamp = made.get(site) ?? FIRST_TIMESTAMP
  made.set(site, timestamp + 1)
  site.source.filesystem.flush()
  const name = `src-backup-${timestamp}`
  expect(await succeed(site, site.source, 'lustrebackup_snapshot_create', '-n', name)).toBe(`${name}\n`)
  return timestamp
}

/** Snapshot and map: what the source does for the next backup. Gives the timestamp. */
export async function prepare(site: Site): Promise<number> {
  const timestamp = await snapshot(site)
  await succeed(site, site.source, 'lustrebackup_source_map')
  return timestamp
}

/** A whole backup, after which both trees are equal. */
export async function backup(site: Site): Promise<number> {
  const timestamp = await prepare(site)
  await succeed(site, site.target, 'lustrebackup_target')
  await expectEqual(site)
  return timestamp
}

/** The newest snapshot of the source and the tree of the target are the same in everything. */
export async function expectEqual(site: Site): Promise<void> {
  expect((await site.compare()).differences).toEqual([])
}

/** A command that ended as it had to, and the words that tell a person why and what to do. */
export function expectRefusal(result: CommandResult, exitCode: number, ...words: readonly (string | RegExp)[]): void {
  expect(result).toMatchObject({ exitCode, stdout: '' })
  for (const word of words) expect(result.stderr).toMatch(word)
  expect(result.stderr).not.toContain('this is a bug in lustrebackup')
  expect(result.stderr).not.toMatch(/^\s+at /m)
}
