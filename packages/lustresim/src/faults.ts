import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/** What goes wrong on request. Everything is off unless asked for. Units are in the names; the C library reads the first two. */
export interface Faults {
  /** A wait in every FID or path lookup of the library. */
  readonly lookup_latency_us?: number
  /** What `llapi_fid2path` answers for some FIDs: errno by `[0x…:0x…:0x0]`. */
  readonly fid2path_errors?: Readonly<Record<string, number>>
  /** The barrier expires in the next so many `snapshot_create`: exit 110, nothing is made. */
  readonly barrier_expiries?: number
  /** Pieces (`MDT0001`, `OST0000`) that the next snapshots lack, as when ldev.conf misses a line. */
  readonly missing_pieces?: readonly string[]
  /** Snapshots, by name, that the servers cannot mount (exit 5). `*` is all of them. */
  readonly mount_failures?: readonly string[]
  /** Exit codes of `lctl` actions: `{ "snapshot_list": 1 }`. */
  readonly lctl_failures?: Readonly<Record<string, number>>
  /** A client mount of a snapshot that the servers have not mounted gives up after this long, instead of hanging for ever. */
  readonly mount_hang_ms?: number
}

export function loadFaults(path: string): Faults {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Faults) : {}
}

/** Replaces all faults; none at all removes the file. */
export function saveFaults(path: string, faults: Faults): void {
  if (Object.keys(faults).length === 0) {
    rmSync(path, { force: true })
    return
  }
  writeFileSync(`${path}.new`, `${JSON.stringify(faults)}\n`)
  renameSync(`${path}.new`, path)
}
