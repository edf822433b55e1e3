import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPrefix } from './install-prefix.js'
import { type CommandResult, type Host, Site } from './site.js'
import { changeEverything, makeTree } from './workload.js'

const say = (text = '') => process.stdout.write(`${text}\n`)
const indent = (text: string) => text.trimEnd().replaceAll(/^/gm, '      ')
const count = (value: number | bigint) => value.toLocaleString('en-US')
const megabytes = (value: number | bigint) => `${(Number(value) / 1e6).toFixed(1)} MB`

/** Runs the main job on the simulator, as an administrator would, and compares both trees after each backup. Exit code 1 when anything is not as it should be. */
async function demo(keep: boolean): Promise<boolean> {
  const prefix = await mkdtemp(join(tmpdir(), 'lustrebackup-demo-'))
  say('lustrebackup demo: three backups from a simulated Lustre, over real ssh, with real rsync\n')
  installPrefix(prefix)
  const site = await Site.create({ prefix, mdts: 2 })
  process.once('SIGINT', () => void site.close(keep).finally(() => process.exit(130)))
  try {
    return await threeBackups(site)
  } finally {
    await site.close(keep)
    if (keep) say(`\nKept: ${site.folder} (both hosts) and ${prefix} (the installed commands).`)
    else rmSync(prefix, { recursive: true, force: true })
  }
}

async function threeBackups(site: Site): Promise<boolean> {
  describeSite(site)
  const source = site.source.filesystem
  say('1. A tree of projects, hard links, ACLs, holes, devices and odd names. First backup: full.')
  makeTree(source)
  source.flush()
  if (!(await backup(site))) return false
  say('\n2. Users edit, rename, swap, link, delete and change attributes. Second backup: incremental.')
  const changes = changeEverything(source)
  source.flush()
  say(
    `   changes: ${Object.entries(changes)
      .map(([kind, number]) => `${number} ${kind}`)
      .join(', ')}`,
  )
  if (!(await backup(site))) return false
  say('\n3. Nothing changes. Third backup, and a run with no new snapshot.')
  if (!(await backup(site))) return false
  return step(site, site.target, 'lustrebackup_target', 'by hand')
}

function describeSite({ source, target, sshd, folder }: Site): void {
  say(`   source: ${source.filesystem.name}, ${source.filesystem.mdtNames().length} MDTs, mounted at ${source.mount}`)
  say(`   target: ${target.filesystem.name}, mounted at ${target.mount}; the backup is kept in ${target.dataPath}`)
  say(`   sshd:   127.0.0.1 port ${sshd.port}; the target's key opens the forced command of the source, and nothing else`)
  say(`   logs:   ${join(folder, '{source,target}/log')}   state: ${join(folder, '{source,target}/mnt/.lustrebackup')}\n`)
}

async function backup(site: Site): Promise<boolean> {
  const done =
    (await step(site, site.source, 'lustrebackup_snapshot_create', 'from cron')) &&
    (await step(site, site.source, 'lustrebackup_source_map', 'from cron')) &&
    (await step(site, site.target, 'lustrebackup_target', 'by hand'))
  if (!done) return false
  describeMap(site.source)
  const { differences, entryCount, sizeBytes } = await site.compare()
  if (differences.length === 0) {
    say(
      `   compared ${count(entryCount)} entries, ${megabytes(sizeBytes)}, in every attribute and byte: source snapshot and target are EQUAL`,
    )
    return true
  }
  say(`   source snapshot and target DIFFER in ${count(differences.length)} places:`)
  for (const difference of differences.slice(0, 20)) say(`      ${difference}`)
  return false
}

function describeMap(source: Host): void {
  const header = JSON.parse(readFileSync(join(source.metaBasepath, 'last_backupmap/header.json'), 'utf8'))
  const { counts, tree, kind } = header as { kind: string; counts: Record<string, number>; tree: { entryCount: number; sizeBytes: number } }
  const share = ((100 * counts.dataBytes!) / Math.max(tree.sizeBytes, 1)).toFixed(1)
  if (kind === 'full') return
  say(
    `   of ${count(tree.entryCount)} entries the map holds ${count(counts.created! + counts.removed! + counts.kept! - counts.unchanged!)}; of ${megabytes(tree.sizeBytes)} it transfers ${megabytes(counts.dataBytes!)} (${share} %)`,
  )
}

/** By hand, with what the command prints; or as cron does it, through `lustrebackup.sh`, which keeps the output to itself. */
async function step(site: Site, host: Host, command: string, how: 'by hand' | 'from cron'): Promise<boolean> {
  const result: CommandResult = await (how === 'by hand' ? site.run(host, command) : site.runFromCron(host, command))
  const ok = result.exitCode === 0
  const words = how === 'by hand' ? command : `lustrebackup.sh ${command}`
  say(
    `   ${host === site.source ? 'source' : 'target'}# ${words}   ${ok ? '' : `exit code ${result.exitCode}, `}${result.seconds.toFixed(1)} s`,
  )
  if (result.stdout !== '') say(indent(result.stdout))
  if (!ok) say(indent(result.stderr))
  return ok
}

const keep = process.argv.includes('--keep')
const equal = await demo(keep)
say(equal ? '\nAll comparisons were equal.' : '\nThe demo FAILED.')
process.exitCode = equal ? 0 : 1
