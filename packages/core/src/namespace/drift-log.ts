import type { EntryType } from '../backupmap/backupmap-types.js'
import { EXIT, LustrebackupError } from '../errors/errors.js'
import { FULL_MAP_HINT } from '../errors/full-map-hint.js'
import { LineLog } from '../state/line-log.js'
import { parseFid } from '../types/fid.js'
import { jsonFromPath, type PathBytes, pathFromJson } from '../types/path-bytes.js'
import type { Drift, DriftKind, Repair } from './drift-types.js'

/** A target that differs in more places than this is not the tree of its last backup. */
export const MAX_DRIFT = 100_000

const KINDS: readonly string[] = [
  'in-the-way',
  'not-empty',
  'missing-file',
  'missing-directory',
  'other-content',
  'shared',
] satisfies DriftKind[]
const TYPES: readonly string[] = ['f', 'd', 'l', 'p', 's', 'c', 'b'] satisfies EntryType[]

interface MissingObject extends Drift {
  readonly type: EntryType
}

/**
 * What a run found to differ on the target, one JSON object a line. Written and flushed before anything is done about it, so that a run that is
 * continued after a crash still reports it and still transfers what is missing. Saying the same thing twice counts once.
 */
export class DriftLog {
  readonly #lines = new Set<string>()
  readonly #drifts: Drift[] = []
  readonly #repairs = new Map<string, Repair>()
  readonly #log: LineLog

  private constructor(readonly file: string) {
    // What a line that a crash has cut was about is found again.
    this.#log = LineLog.open(file)
    for (const line of this.#log.lines) this.#remember(line)
  }

  static open(file: string): DriftLog {
    return new DriftLog(file)
  }

  get drifts(): readonly Drift[] {
    return this.#drifts
  }

  get repairs(): readonly Repair[] {
    return Array.from(this.#repairs.values())
  }

  /** Something that is about to be put right by what the map asks for anyway, or that the map does not name. */
  add(kind: DriftKind, path: PathBytes): void {
    this.#append({ kind, path: jsonFromPath(path) })
  }

  /** An object that the target should have and that has to be transferred again; `path` is the one in S1, where it will be made. */
  addMissing({ fid, path, type }: { readonly fid: Repair['fid']; readonly path: PathBytes; readonly type: EntryType }): void {
    this.#append({ kind: type === 'd' ? 'missing-directory' : 'missing-file', path: jsonFromPath(path), fid, type })
  }

  close(): void {
    this.#log.close()
  }

  #append(fields: object): void {
    const line = JSON.stringify(fields)
    if (!this.#remember(line)) return
    if (this.#lines.size > MAX_DRIFT) throw tooMuchDrift(this.file)
    this.#log.append(line)
  }

  #remember(line: string): boolean {
    if (this.#lines.has(line)) return false
    const drift = parseLine(line)
    if (drift === null) return false
    this.#lines.add(line)
    this.#drifts.push({ kind: drift.kind, path: drift.path, fid: drift.fid })
    if (drift.fid !== null) this.#addRepair(drift as MissingObject & { fid: Repair['fid'] })
    return true
  }

  /** The first path that was found missing is the one that the object is made at; the others become its links. */
  #addRepair({ fid, path, type }: MissingObject & { fid: Repair['fid'] }): void {
    const known = this.#repairs.get(fid)
    if (known === undefined) this.#repairs.set(fid, { fid, path, type, links: [] })
    else if (!known.path.equals(path)) this.#repairs.set(fid, { ...known, links: [...known.links, path] })
  }
}

function parseLine(line: string): (Drift & { readonly type: EntryType | null }) | null {
  let fields: { readonly kind?: unknown; readonly path?: unknown; readonly fid?: unknown; readonly type?: unknown }
  try {
    fields = JSON.parse(line)
  } catch {
    return null
  }
  const path = pathFromJson(fields.path)
  if (path === null || !KINDS.includes(fields.kind as string)) return null
  const fid = typeof fields.fid === 'string' ? parseFid(fields.fid) : null
  const type = TYPES.includes(fields.type as string) ? (fields.type as EntryType) : null
  return { kind: fields.kind as DriftKind, path, fid: type === null ? null : fid, type }
}

function tooMuchDrift(file: string): LustrebackupError {
  return new LustrebackupError('TARGET_DRIFTED', `the target differs from its last backup in more than ${MAX_DRIFT} places`, {
    exitCode: EXIT.fullMapNeeded,
    hint: `It is no longer the tree of that backup; ${file} lists what was found. ${FULL_MAP_HINT}`,
  })
}
