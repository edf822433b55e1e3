import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { startSshd } from '../../packages/lustresim/dist/site/sshd.js'
import { printGoals } from '../support/goals.mjs'
import { measure } from '../support/measure.mjs'
import { appendResult } from '../support/results.mjs'
import { closeWhenStopped, openBenchSite, runCommand, sshdPid } from '../support/site.mjs'
import { parseSize, printTable } from '../support/table.mjs'
import { changeFiles, makeTree } from '../support/tree.mjs'

export const OPTIONS = {
  trees: 'sizes of the trees in thousands of files, separated by commas (default 10,100,1000)',
  changed: 'how many of the files change, in percent (default 0.1)',
  size: 'of a file (default 1K)',
  folder: 'how many files a folder has (default 100)',
}

/**
 * An incremental backup with few changes against `rsync -aHAX --delete` over the whole tree, in trees of several sizes. Of `lustrebackup_snapshot_create` only
 * the whole is known, in which the simulator copies the tree: it is shown, and not counted, because a real snapshot copies nothing.
 */
export async function bench({ trees = '10,100,1000', changed = '0.1', size = '1K', folder = '100' }) {
  const figures = []
  for (const thousands of trees.split(',').map(Number)) {
    const task = { count: thousands * 1000, changed: Number(changed) / 100, inFolder: Number(folder), sizeBytes: parseSize(size) }
    figures.push(...(await runTree(task)))
  }
  printTable(figures.map(row))
  process.stdout.write('\n')
  const counts = figures.filter(({ method }) => method === 'rsync').map(({ count }) => count)
  const goals = printGoals(
    counts.map((count) => ({
      figure: `${changed} % changed of ${count.toLocaleString('en-US')} files: speed to rsync over the tree`,
      value: ratioOf(figures, count),
    })),
  )
  appendResult('peers', { figures, goals })
  return goals
}

async function runTree({ count, changed, inFolder, sizeBytes }) {
  const noComparison = { compare_days: '0' }
  const site = await openBenchSite({
    sourceSettings: { BACKUP: noComparison },
    targetSettings: { BACKUP: { ...noComparison, snapshot_backend: 'none' } },
  })
  const sshd = await startSshd()
  closeWhenStopped(sshd, site)
  try {
    const fs = site.source.filesystem
    const paths = makeTree(fs, { count, inFolder, sizeBytes })
    fs.flush()
    // The second one looks again at what was written shortly before the first: here that is the whole tree.
    for (let backup = 0; backup < 2; backup += 1) {
      await runCommand(site, site.source, 'lustrebackup_snapshot_create')
      await runCommand(site, site.source, 'lustrebackup_source_map')
      await runCommand(site, site.target, 'lustrebackup_target')
    }
    const copy = join(site.folder, 'rsync')
    execFileSync('cp', ['-a', site.target.dataPath, copy])
    const every = Math.round(1 / changed)
    changeFiles(
      fs,
      paths.filter((_, index) => index % every === 0),
      sizeBytes,
    )
    fs.flush()
    const snapshot = await ours(site, site.source, 'lustrebackup_snapshot_create')
    const parts = [await ours(site, site.source, 'lustrebackup_source_map'), await ours(site, site.target, 'lustrebackup_target')]
    const mounted = (await runCommand(site, site.source, 'lustrebackup_snapshot_mount', '-p', 'bench')).stdout.trim()
    const ssh = `ssh -F ${sshd.clientConfigFile}`
    const rsync = await measure('rsync', ['-aHAX', '--delete', '--exclude=/.lustrebackup', '-e', ssh, `source:${mounted}/`, `${copy}/`], {
      sshdPid: sshdPid(sshd),
    })
    await runCommand(site, site.source, 'lustrebackup_snapshot_umount', '-p', 'bench')
    const total = (field) => parts.reduce((sum, part) => sum + part[field], 0)
    return [
      { method: 'rsync', count, ...rsync },
      {
        method: 'lustrebackup',
        count,
        seconds: total('seconds'),
        cpuSeconds: total('cpuSeconds'),
        peakMib: Math.max(...parts.map(({ peakMib }) => peakMib)),
        mapSeconds: parts[0].seconds,
        targetSeconds: parts[1].seconds,
        snapshotSeconds: snapshot.seconds,
      },
    ]
  } finally {
    await sshd.close()
    await site.close()
  }
}

function ours(site, host, command) {
  const environment = { PATH: '/usr/bin:/bin', HOME: process.env.HOME ?? '/' }
  return measure(join(site.prefix, 'bin', command), ['-c', host.conf], { sshdPid: sshdPid(site.sshd), env: environment })
}

function ratioOf(figures, count) {
  const seconds = (name) => figures.find((figure) => figure.method === name && figure.count === count).seconds
  return seconds('rsync') / seconds('lustrebackup')
}

function row({ method, count, seconds, cpuSeconds, peakMib, mapSeconds, targetSeconds, snapshotSeconds }) {
  return {
    method,
    files: count.toLocaleString('en-US'),
    s: seconds.toFixed(2),
    'CPU s': cpuSeconds.toFixed(2),
    'peak MiB': Math.round(peakMib),
    'map s': mapSeconds?.toFixed(2),
    'target s': targetSeconds?.toFixed(2),
    'snapshot s, not counted': snapshotSeconds?.toFixed(2),
  }
}
