import { lfsChangelog, lfsChangelogClear } from './lfs-changelog.js'
import { dataVersion, fid2path, hsmState, path2fid } from './lfs-fid.js'
import { df, getname, getstripe, mkdirOn, targets } from './lfs-layout.js'
import type { ShimContext } from './shim-io.js'

const COMMANDS: Readonly<Record<string, (context: ShimContext) => number>> = {
  changelog: lfsChangelog,
  changelog_clear: lfsChangelogClear,
  path2fid,
  fid2path,
  data_version: dataVersion,
  hsm_state: hsmState,
  mkdir: mkdirOn,
  setdirstripe: mkdirOn,
  mdts: (context) => targets(context, 'MDT'),
  osts: (context) => targets(context, 'OST'),
  df,
  getname,
  getstripe,
}

/** `lfs COMMAND …`: what a backup and a curious person use. */
export function lfs(context: ShimContext): number {
  const [name = '', ...args] = context.args
  const command = COMMANDS[name]
  if (command) return command({ ...context, args })
  context.err(`lfs: '${name}' is not simulated\n`)
  return 4
}
