import type { MapHeader } from '../backupmap/backupmap-types.js'
import type { Tree } from '../tree/tree-port.js'
import type { DriftLog } from './drift-log.js'
import type { Staying } from './staying-run.js'

/** A map whose parts have been checked against its header. */
export interface OpenMap {
  readonly folder: string
  readonly header: MapHeader
}

export interface NamespaceContext {
  readonly data: Tree
  /** Where moved objects are between *out* and *in*. Same file system as `data`. */
  readonly staging: Tree
  readonly staying: Staying
  readonly drift: DriftLog
  readonly signal: AbortSignal
}

export interface InContext extends NamespaceContext {
  /** An earlier run may have done a part of it: what is there already with the right type is believed to be its work. */
  readonly resumed: boolean
}
