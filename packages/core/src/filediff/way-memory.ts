import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState, saveState } from '../state/state-file.js'
import { asBoolean, asCount, asFormat, asString } from '../state/state-shape.js'
import { keptFolderOf } from './kept-folder.js'
import type { KnownWay, WayMemory } from './way-memory-port.js'
import { isNews } from './way-plan.js'

const FORMAT = 'lustrebackup way to the source'
const VERSION = 1

export interface WayMemoryContext {
  readonly layout: MetaLayout
  /** As ssh knows it. */
  readonly host: string
  /** OpenSSH client configuration, which says what `host` means. */
  readonly sshConfig: string
}

/** A small file under `meta_basepath` for each name of a source. */
export function openWayMemory({ layout, host, sshConfig }: WayMemoryContext): WayMemory {
  const file = join(keptFolderOf(layout), `way-${nameOf(host, sshConfig)}.json`)
  const recall = () => withoutFailing(() => loadState(file, (value) => parseWay(value, host, sshConfig)))
  return {
    recall,
    remember: (way) => {
      // Where meta_basepath is not mounted nothing is to be made.
      if (!isNews(recall(), way) || !existsSync(layout.basepath)) return
      withoutFailing(() => {
        makeFolder(dirname(file))
        saveState(file, { format: FORMAT, version: VERSION, host, sshConfig, ...way, milliseconds: Math.round(way.milliseconds) })
        return null
      })
    },
  }
}

function nameOf(host: string, sshConfig: string): string {
  return createHash('sha256')
    .update(JSON.stringify([host, sshConfig]))
    .digest('hex')
    .slice(0, 16)
}

function parseWay(value: unknown, host: string, sshConfig: string): KnownWay | null {
  const fields = asFormat(value, FORMAT, VERSION)
  if (asString(fields.host, 'host') !== host || asString(fields.sshConfig, 'sshConfig') !== sshConfig) return null
  return { milliseconds: asCount(fields.milliseconds, 'milliseconds'), ownConnection: asBoolean(fields.ownConnection, 'ownConnection') }
}

function withoutFailing<T>(action: () => T | null): T | null {
  try {
    return action()
  } catch {
    return null
  }
}
