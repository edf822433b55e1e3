import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'

const LARGE = 64 * 1024

/** A tree of everything that a backup treats in a way of its own. */
export function makeCrashTree(fs: SimFilesystem): void {
  for (const folder of ['d0', 'd0/sub', 'still', 'both']) fs.mkdir(folder, { mdt: folder === 'both' ? 1 : 0 })
  for (const file of ['d0/moves', 'd0/sub/moves', 'still/goes0', 'still/stays', 'both/one', 'both/other'])
    fs.writeFile(file, `content of ${file}`)
  fs.link('both/one', 'still/link0')
  fs.symlink('stays', 'still/symlink')
  fs.mknod('still/pipe', 'fifo')
  fs.writeFile('still/large', Buffer.concat([Buffer.alloc(LARGE / 4, 'large'), Buffer.alloc(LARGE / 4), Buffer.alloc(LARGE / 2, 'large')]))
  fs.writeFile('still/gone0', Buffer.alloc(LARGE, 'gone'))
  fs.writeFile(driftingFile(0), 'lost on the target before it moves')
}

/** A file that the target may lose before the change of a round: that is found, and put right. */
export function driftingFile(round: number): string {
  return `${round % 2 === 0 ? 'both' : 'still'}/drifts${round}`
}

/** Moves, swaps, makes, changes and removes entries; each round the same with other names. */
export function changeCrashTree(fs: SimFilesystem, round: number): void {
  fs.rename(`d${round - 1}`, `d${round}`)
  fs.mkdir(`d${round - 1}`)
  fs.rename(`d${round}/moves`, `d${round - 1}/moves`)
  fs.rename(`d${round - 1}/moves`, `d${round}/moves`)
  fs.rmdir(`d${round - 1}`)
  fs.rename('both/one', 'both/aside')
  fs.rename('both/other', 'both/one')
  fs.rename('both/aside', 'both/other')
  fs.unlink(`still/link${round - 1}`)
  fs.link('both/one', `still/link${round}`)
  fs.unlink(`still/goes${round - 1}`)
  fs.writeFile(`still/goes${round}`, `content ${round}`)
  fs.mkdir(`new${round}`, { mdt: 1 })
  fs.writeFile(`new${round}/file`, `new ${round}`)
  if (round > 1) {
    fs.unlink(`new${round - 1}/file`)
    fs.rmdir(`new${round - 1}`)
  }
  fs.unlink(`still/gone${round - 1}`)
  fs.writeFile(`still/gone${round}`, Buffer.alloc(LARGE, 'gone'))
  fs.rename(driftingFile(round - 1), driftingFile(round))
  fs.chmod('still/stays', round % 2 === 0 ? 0o600 : 0o644)
  const quarters = round % 2 === 0 ? ['large', '\0'] : ['\0', 'large']
  for (const [index, fill] of quarters.entries()) fs.overwrite('still/large', (index * LARGE) / 4, Buffer.alloc(LARGE / 4, fill))
}
