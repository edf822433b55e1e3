import type { Migrations } from '../changelog/migrations.js'
import { BEFORE_ALL, OpenerTable } from '../changelog/opener-table.js'
import { PackedTable } from '../changelog/packed-table.js'
import type { TouchedSet } from '../changelog/touched-set.js'
import { FID_WORDS, OPENER_WORDS, Touched } from '../changelog/touched-types.js'
import { fidOfWords } from '../types/fid.js'
import type { OpenerEntry } from './backupmap-types.js'
import { wordsOf } from './identities.js'
import { OPENER_STATE_WORDS } from './resolve-types.js'

const KEY_WORDS = FID_WORDS + 3

/** Opens for writing that have not been closed, carried from interval to interval. */
export class OpenerSet {
  readonly #counts = new OpenerTable()
  /** Per key: `since` of the last map. */
  readonly #since = new PackedTable(KEY_WORDS, 1)

  constructor(private readonly migrations: Migrations) {}

  addPrevious({ fid, uid, gid, flags, openCount, since }: OpenerEntry): void {
    const key = new Uint32Array(KEY_WORDS)
    key.set(wordsOf(fid))
    key.set([uid, gid, flags], FID_WORDS)
    this.migrations.toNewest(key, 0)
    this.#counts.add(key, 0, openCount, BEFORE_ALL)
    const offset = this.#since.insert(key)
    this.#since.words[offset + KEY_WORDS] = since
  }

  addInterval(openers: OpenerTable): void {
    const entries = openers.export()
    for (let at = 0; at < entries.length; at += OPENER_WORDS) this.migrations.toNewest(entries, at)
    this.#counts.merge(entries)
  }

  /** Puts every file that is open for writing into the touched set. */
  touchAll(touched: TouchedSet): void {
    this.#counts.visit((words, offset, count) => {
      if (count > 0) touched.add(words, offset, Touched.opener)
    })
  }

  /**
   * What the next interval has to know. `states`: the FIDs that S1 has, with 1 for changed data (`Resolved.openers`); null = not looked up, all stay.
   * A key that has not changed for longer than `expireSeconds` is given up; null = never.
   */
  *entries(states: Uint32Array | null, timestamp: number, expireSeconds: number | null): Generator<OpenerEntry> {
    const known = states === null ? null : stateTable(states)
    const open: { words: Uint32Array; openCount: number }[] = []
    this.#counts.visit((words, offset, openCount) => {
      if (openCount > 0) open.push({ words: words.slice(offset, offset + KEY_WORDS), openCount })
    })
    for (const { words, openCount } of open) {
      const state = known === null ? 0 : stateOf(known, words)
      if (state === null) continue
      const before = this.#since.find(words)
      const since = state === 1 || before === -1 ? timestamp : this.#since.words[before + KEY_WORDS]!
      if (expireSeconds !== null && timestamp - since > expireSeconds) continue
      const [uid, gid, flags] = words.subarray(FID_WORDS)
      yield { fid: fidOfWords(words), uid: uid!, gid: gid!, flags: flags!, openCount, since }
    }
  }
}

function stateTable(states: Uint32Array): PackedTable {
  const table = new PackedTable(FID_WORDS, 1, states.length / OPENER_STATE_WORDS)
  for (let at = 0; at < states.length; at += OPENER_STATE_WORDS) {
    const offset = table.insert(states, at)
    table.words[offset + FID_WORDS] = states[at + FID_WORDS]!
  }
  return table
}

/** null: S1 does not have the file. */
function stateOf(table: PackedTable, words: Uint32Array): number | null {
  const offset = table.find(words)
  return offset === -1 ? null : table.words[offset + FID_WORDS]!
}
