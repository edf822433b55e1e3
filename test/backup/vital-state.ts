import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Host, Site } from '@lustrebackup/lustresim/site/site'
import { expect } from 'vitest'

/**
 * What must not change when a command is refused: the target's tree down to the times of its inodes, its backups and snapshots; the source's
 * base, its snapshots, and its changelogs with their users.
 */
export function vitalState(site: Site) {
  return {
    tree: listInodes(site.target.dataPath),
    target: { ...recordsOf(site.target, ['last_backup', 'inprogress_backup']), snapshots: snapshotsOf(site.target) },
    source: { ...recordsOf(site.source, ['last_backup']), snapshots: snapshotsOf(site.source) },
    changelogs: changelogsOf(site),
  }
}

/** Runs something that has to leave everything as it is. */
export async function expectUnchanged<T>(site: Site, run: () => Promise<T>): Promise<T> {
  const before = vitalState(site)
  const result = await run()
  expect(vitalState(site)).toEqual(before)
  return result
}

/** Users of each MDT's changelog with the last record that each has cleared, and the first record there is. */
export function changelogsOf({ source }: Site) {
  const { core } = source.filesystem
  return core.query(() => core.logs.map(({ meta }) => ({ first: meta.first, users: meta.users.map(({ id, index }) => ({ id, index })) })))
}

function recordsOf(host: Host, links: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(links.map((link) => [link, recordOf(host, link)]))
}

function recordOf({ metaBasepath }: Host, link: string): string | null {
  const path = join(metaBasepath, link)
  return existsSync(path) ? `${readlinkSync(path)} ${readFileSync(path, 'utf8')}` : null
}

function snapshotsOf({ filesystem }: Host): string[] {
  return filesystem.snapshots.list().map(({ name }) => name)
}

/** ctime shows any change, even one that was taken back. */
function listInodes(folder: string): string[] {
  if (!existsSync(folder)) return []
  return (readdirSync(folder, { recursive: true, encoding: 'latin1' as BufferEncoding }) as string[]).toSorted().map((name) => {
    const { ino, mode, size, mtimeNs, ctimeNs } = lstatSync(Buffer.from(`${folder}/${name}`, 'latin1'), { bigint: true })
    return `${name} ${ino} ${mode} ${size} ${mtimeNs} ${ctimeNs}`
  })
}
