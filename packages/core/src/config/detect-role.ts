import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT, LustrebackupError } from '../errors/errors.js'
import { parseIni } from './parse-ini.js'

export type Side = 'source' | 'target'

/** Formats of the records in `meta_basepath/backup`, which say whose they are. */
const RECORD_FORMATS: Readonly<Record<string, Side>> = {
  'lustrebackup-source-backup': 'source',
  'lustrebackup-target-backup': 'target',
}

/**
 * Which side a configuration file belongs to: the backups that its state remembers say so, otherwise what only one side needs to be told. A file
 * that cannot be read says nothing: whoever loads it tells what is wrong. `ROLE_UNKNOWN` (exit 2) where both sides are possible.
 */
export function detectSide(file: string): Side {
  const values = parseIni(readIfThere(file) ?? '').values
  const metaBasepath = values.get('LUSTRE')?.get('meta_basepath') ?? ''
  const recorded = metaBasepath === '' ? null : sideOfState(metaBasepath)
  if (recorded !== null) return recorded
  const isSource = (values.get('LUSTRE')?.get('mdt') ?? '') !== ''
  const isTarget = (values.get('SOURCE')?.get('host') ?? '') !== ''
  if (isSource !== isTarget) return isSource ? 'source' : 'target'
  const reason = isSource ? 'it has both [LUSTRE] mdt and [SOURCE] host' : 'it has neither [LUSTRE] mdt nor [SOURCE] host'
  throw new LustrebackupError('ROLE_UNKNOWN', `${file} does not say whether this is the source or the target: ${reason}`, {
    exitCode: EXIT.usage,
    hint: 'a source has mdt and changelog_user, a target has host: empty what belongs to the other side; or say it with --role source or --role target',
  })
}

function sideOfState(metaBasepath: string): Side | null {
  for (const link of ['last_backup', 'inprogress_backup']) {
    const text = readIfThere(join(metaBasepath, link))
    const format = text === null ? undefined : /"format": *"([a-z-]+)"/.exec(text)?.[1]
    const side = RECORD_FORMATS[format ?? '']
    if (side !== undefined) return side
  }
  return null
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
