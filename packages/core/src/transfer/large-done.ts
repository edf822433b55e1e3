import { LineLog } from '../state/line-log.js'
import type { Fid } from '../types/fid.js'

const LINE_BYTES_MAX = 256

/** The large files that one backup has finished, so that a run that continues it does not look at them again: a line each, on disk before the next file begins. */
export class LargeDone {
  readonly #done: Set<string>

  private constructor(private readonly log: LineLog) {
    this.#done = new Set(log.lines.filter((line) => line.length < LINE_BYTES_MAX))
  }

  static open(file: string): LargeDone {
    return new LargeDone(LineLog.open(file))
  }

  has(fid: Fid): boolean {
    return this.#done.has(fid)
  }

  add(fid: Fid): void {
    this.log.append(fid)
    this.#done.add(fid)
  }

  close(): void {
    this.log.close()
  }
}
