import { readRecords } from '../changelog-log.js'
import { formatRecord } from '../record-text.js'
import { changelogBase, resolveMdt } from './mdt-name.js'
import { errnoText, type ShimContext } from './shim-io.js'

const USAGE = 'Show the metadata changes on an MDT.\nusage: changelog <mdtname> [startrec [endrec]]\n'
const CLEAR_USAGE = `Indicate that old changelog records up to <endrec> are no longer of interest to consumer <id>, allowing the system to free up space.
An <endrec> of 0 means all records.
usage: changelog_clear <mdtname> <id> <endrec>
`

export function lfsChangelog(context: ShimContext): number {
  const [name, start, end] = context.args
  if (name === undefined) return usage(context, `lfs changelog: mdtname must be specified\n${USAGE}`)
  const option = context.args.find((arg) => arg.startsWith('-'))
  if (option !== undefined) return usage(context, `lfs changelog: unrecognized option '${option}'\n${USAGE}`)
  const target = resolveMdt(context.sim, name)
  if (!target) {
    context.err('lfs changelog: cannot start changelog: No such file or directory\n')
    return 2
  }
  const first = toNumber(start)
  const last = end === undefined ? Number.POSITIVE_INFINITY : toNumber(end)
  for (const record of readRecords(changelogBase(target))) {
    if (record.index >= first && record.index <= last) context.out(formatRecord(record))
  }
  return 0
}

/** Like strtoll: what is no number is 0. */
const toNumber = (text: string | undefined) => Number.parseInt(text ?? '0', 10) || 0

export function lfsChangelogClear(context: ShimContext): number {
  const [name, id, end] = context.args
  if (name === undefined || id === undefined || end === undefined) return usage(context, CLEAR_USAGE)
  if (!/^\d+$/.test(end)) return usage(context, `changelog_clear: bad endrec '${end}'\n${CLEAR_USAGE}`)
  const target = resolveMdt(context.sim, name)
  if (!target) return refuse(context, 2, `cannot open '/dev/changelog-${name}'`, `no changelog user: ${id}`)
  if (target.snapshot) return refuse(context, 30, `cannot purge records for '${id}'`, `error: ${errnoText(30)}`)
  const { core } = target.filesystem
  core.begin()
  const code = core.logs[target.mdtIndex]!.clear(id, Number(end), core.seconds())
  core.flush()
  if (code === 0) return 0
  return refuse(context, code, `cannot purge records for '${id}'`, code === 2 ? `no changelog user: ${id}` : `record out of range: ${end}`)
}

function refuse(context: ShimContext, code: number, what: string, why: string): number {
  const separator = why.startsWith('error:') ? ' ' : ': '
  context.err(`lfs changelog_clear: ${what}: ${errnoText(code)} (${code})\nchangelog_clear${separator}${why}\n`)
  return code
}

function usage(context: ShimContext, text: string): number {
  context.err(text)
  return 4
}
