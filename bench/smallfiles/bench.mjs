import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { INTERNAL_XATTRS } from '../../packages/core/dist/transfer/rsync-plan.js'
import { startSshd } from '../../packages/lustresim/dist/site/sshd.js'
import { printGoals } from '../support/goals.mjs'
import { measure } from '../support/measure.mjs'
import { appendResult } from '../support/results.mjs'
import { closeWhenStopped, openBenchSite, runCommand, sshdPid } from '../support/site.mjs'
import { parseSize, printTable } from '../support/table.mjs'
import { changeFiles, makeTree } from '../support/tree.mjs'

export const OPTIONS = {
  files: 'how many changed files, in thousands (default 100)',
  folders: 'in how many folders, in thousands (default 5)',
  size: 'of a file (default 4K)',
  sample: 'how many folders get an rsync of their own, from which the time for all of them follows (default 50)',
  nprocs: 'streams at most (default: the number of processors)',
  rounds: 'how often everything is run; the fastest of each counts (default 1)',
}

/** What is to be kept of files that are known to have changed; for the rest what rsync does by itself. */
const PLAIN = [
  ...['-aHAXS', '--no-recursive', '--no-implied-dirs', '--numeric-ids', '--inplace', '--ignore-times', '--from0'],
  ...INTERNAL_XATTRS.map((name) => `--filter=-x ${name}`),
]

/** A backup of small changed files, against one rsync for each folder and one rsync for all of them, over the same connection. */
export async function bench(options) {
  const { files = '100', folders = '5', size = '4K', sample = '50', nprocs = availableParallelism(), rounds = '1' } = options
  const [count, folderCount, sizeBytes] = [Number(files) * 1000, Number(folders) * 1000, parseSize(size)]
  const settings = { targetSettings: { SYSTEM: { nprocs: String(nprocs) }, BACKUP: { snapshot_backend: 'none', compare_days: '0' } } }
  const site = await openBenchSite(settings)
  // The forced command of the site serves a backup that is in progress and nothing else.
  const sshd = await startSshd()
  closeWhenStopped(sshd, site)
  const figures = new Map()
  const keep = (figure) => {
    process.stderr.write(`${figure.method}: ${figure.seconds.toFixed(1)} s\n`)
    if (!(figures.get(figure.method)?.seconds <= figure.seconds)) figures.set(figure.method, { ...figure, count })
  }
  try {
    const paths = makeTree(site.source.filesystem, { count, inFolder: Math.ceil(count / folderCount), sizeBytes })
    await makeMap(site)
    await runCommand(site, site.target, 'lustrebackup_target')
    for (let round = 0; round < Number(rounds); round += 1) {
      changeFiles(site.source.filesystem, paths, sizeBytes)
      await makeMap(site)
      const mounted = (await runCommand(site, site.source, 'lustrebackup_snapshot_mount', '-p', 'bench')).stdout.trim()
      await runRsyncs(site, sshd, mounted, paths, Number(sample), keep)
      keep(await runBackup(site))
      await runCommand(site, site.source, 'lustrebackup_snapshot_umount', '-p', 'bench')
    }
  } finally {
    await sshd.close()
    await site.close()
  }
  return report([...figures.values()])
}

async function makeMap(site) {
  site.source.filesystem.flush()
  await runCommand(site, site.source, 'lustrebackup_snapshot_create')
  await runCommand(site, site.source, 'lustrebackup_source_map')
}

async function runBackup(site) {
  const stdout = join(site.folder, 'backup.json')
  const program = join(site.prefix, 'bin/lustrebackup_target')
  const { seconds, cpuSeconds, peakMib } = await measure(
    'sh',
    ['-c', `exec "$0" -c "$1" --json > "$2"`, program, site.target.conf, stdout],
    {
      sshdPid: sshdPid(site.sshd),
      env: { PATH: '/usr/bin:/bin' },
    },
  )
  return {
    method: 'lustrebackup_target',
    seconds,
    cpuSeconds,
    peakMib,
    phaseSeconds: JSON.parse(readFileSync(stdout, 'utf8')).phaseSeconds,
  }
}

/** Each of them brings a copy of the target up to date. */
async function runRsyncs(site, sshd, mounted, paths, sample, keep) {
  const copy = join(site.folder, 'rsync')
  rmSync(copy, { recursive: true, force: true })
  execFileSync('cp', ['-a', site.target.dataPath, copy])
  const lists = join(site.folder, 'lists')
  mkdirSync(lists, { recursive: true })
  const rsync = (name, some) => {
    const list = join(lists, name)
    writeFileSync(list, some.map((path) => `./${path}\0`).join(''))
    const shell = ['-e', `ssh -F ${sshd.clientConfigFile}`]
    return measure('rsync', [...PLAIN, `--files-from=${list}`, ...shell, `source:${mounted}/`, `${copy}/`], { sshdPid: sshdPid(sshd) })
  }
  const folders = groupByFolder(paths)
  const chosen = folders.filter((_, index) => index % Math.ceil(folders.length / sample) === 0)
  let sum = { seconds: 0, cpuSeconds: 0, peakMib: 0 }
  for (const some of chosen) {
    const { seconds, cpuSeconds, peakMib } = await rsync('folder', some)
    sum = { seconds: sum.seconds + seconds, cpuSeconds: sum.cpuSeconds + cpuSeconds, peakMib: Math.max(sum.peakMib, peakMib) }
  }
  const times = folders.length / chosen.length
  keep({
    method: 'one rsync for each folder',
    ...sum,
    seconds: sum.seconds * times,
    cpuSeconds: sum.cpuSeconds * times,
    sampled: chosen.length,
  })
  keep({ method: 'one rsync for all', ...(await rsync('all', paths)) })
}

function groupByFolder(paths) {
  const groups = new Map()
  for (const path of paths) groups.set(dirname(path), [...(groups.get(dirname(path)) ?? []), path])
  return [...groups.values()]
}

function report(all) {
  printTable(all.map(row))
  const seconds = (name) => all.find(({ method }) => method === name).seconds
  const ours = seconds('lustrebackup_target')
  const perFolder = seconds('one rsync for each folder')
  process.stdout.write('\n')
  const goals = printGoals([
    { figure: 'small files: speed to one rsync for each folder', value: perFolder / ours, atLeast: 50 },
    { figure: 'small files: the one rsync for all to one for each folder', value: perFolder / seconds('one rsync for all') },
    { figure: 'small files: time to one rsync for all', value: ours / seconds('one rsync for all'), atMost: 1.3 },
  ])
  const phases = all.find(({ method }) => method === 'lustrebackup_target').phaseSeconds
  process.stdout.write(
    `\nphases: ${Object.entries(phases)
      .map(([phase, spent]) => `${phase} ${spent} s`)
      .join(', ')}\n`,
  )
  appendResult('smallfiles', { figures: all, goals })
  return goals
}

function row({ method, count, sampled, seconds, cpuSeconds, peakMib }) {
  return {
    method,
    files: count.toLocaleString('en-US'),
    s: seconds.toFixed(1),
    'CPU s': cpuSeconds.toFixed(1),
    'peak MiB': Math.round(peakMib),
    how: sampled === undefined ? 'measured' : `from ${sampled} folders`,
  }
}
