import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'

/** A tree in which nothing is left out, and which takes no time. */
export function makeSmallTree(fs: SimFilesystem): void {
  for (const folder of ['docs', 'data', 'data/runs']) fs.mkdir(folder)
  for (let file = 0; file < 12; file += 1) fs.writeFile(`data/runs/result${file}`, `result ${file} `.repeat(100 * file))
  fs.writeFile('docs/readme', 'read me')
  fs.symlink('readme', 'docs/link')
  fs.link('docs/readme', 'data/readme')
  fs.mknod('data/pipe', 'fifo')
  fs.chmod('data/runs', 0o2750)
  fs.writeFile(Buffer.from([0x64, 0x6f, 0x63, 0x73, 0x2f, 0xff, 0x0a, 0x27]), 'odd name')
}

/** Moves, changes, removes and makes something; each round something else. */
export function changeSmallTree(fs: SimFilesystem, round: number): void {
  fs.rename(round % 2 === 1 ? 'docs' : 'papers', round % 2 === 1 ? 'papers' : 'docs')
  for (let file = 0; file < 4; file += 1) fs.overwrite(`data/runs/result${file}`, 0, `round ${round}`)
  fs.mkdir(`round${round}`)
  for (let file = 0; file < 4; file += 1) fs.writeFile(`round${round}/new${file}`, `${round} ${file} `.repeat(500))
  fs.chmod('data/runs/result5', round % 2 === 1 ? 0o600 : 0o644)
  if (round > 1) fs.unlink(`round${round - 1}/new0`)
}
